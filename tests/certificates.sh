#!/bin/sh
# certificates.sh FOLDER: makes the certificates and keys of the tests there.
set -eu
cd "$1"
new="-nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256"

authority() { # NAME
    openssl req -x509 $new -keyout "$1.key" -out "$1.crt" -days 10 -subj "/CN=$1"
}

certificate() { # NAME SUBJECT EXTENSIONS [OPTIONS OF THE KEY]
    openssl req ${4:-$new} -keyout "$1.key" -out request -subj "$2"
    printf "%s" "$3" > extensions
    openssl x509 -req -in request -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 10 ${3:+-extfile extensions}
}

authority ca
authority other
certificate server /CN=server "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
certificate client /CN=client "extendedKeyUsage=clientAuth"
# Nothing said about extensions: version 1.
certificate v1 /O=tests/CN=localhost ""
openssl req -x509 $new -CA ca.crt -CAkey ca.key -keyout authority.key -out authority.crt -days 10 -subj /CN=authority
certificate rsa /CN=rsa "subjectAltName=IP:127.0.0.1" "-nodes -newkey rsa:2048"
openssl rsa -in rsa.key -traditional -out rsa-pkcs1.key
openssl ec -in server.key -out server-sec1.key
# An intermediate authority, and a chain.
certificate middle /CN=middle "basicConstraints=critical,CA:TRUE"
openssl req $new -keyout chain.key -out request -subj /CN=chain
openssl x509 -req -in request -CA middle.crt -CAkey middle.key -CAcreateserial -out leaf -days 10 -extfile extensions
printf "basicConstraints=CA:FALSE" > extensions
openssl x509 -req -in request -CA middle.crt -CAkey middle.key -CAcreateserial -out leaf -days 10 -extfile extensions
cat leaf middle.crt > chain.crt
# Over since long.
openssl req $new -keyout over.key -out request -subj /CN=over
openssl x509 -req -in request -CA ca.crt -CAkey ca.key -CAcreateserial -out over.crt -days -1 -extfile extensions
mkdir -p folder
cp ca.crt "folder/$(openssl x509 -in ca.crt -noout -hash).0"
rm -f request extensions leaf ./*.srl
