//! The steps of expressions in messages: one message for each kind of step, as in Kea.

use std::fmt::Display;

macro_rules! steps {
    ($($id:ident,)* ; $($plain:ident,)*) => {
        log::messages! {
            $(
                /// A step of an expression that decides about a class.
                $id: Debug(55), "eval", "{client}: {step}";
            )*
            $(
                /// A step of an expression that decides about a class; the steps around it name the client.
                $plain: Debug(55), "eval", "{step}";
            )*
        }

        /// Writes a step; `id` is its message.
        #[cold]
        pub(crate) fn write(id: &str, client: &dyn Display, step: &str) {
            match id {
                $(stringify!($id) => log::event!($id, client, step),)*
                $(stringify!($plain) => log::event!($plain, step),)*
                _ => {}
            }
        }
    };
}

/// Whether somebody wants to see steps.
pub(crate) fn wanted() -> bool {
    log::enabled!(EVAL_DEBUG_STRING)
}

steps! {
    EVAL_DEBUG_AND,
    EVAL_DEBUG_CONCAT,
    EVAL_DEBUG_EQUAL,
    EVAL_DEBUG_HEXSTRING,
    EVAL_DEBUG_IFELSE_FALSE,
    EVAL_DEBUG_IFELSE_TRUE,
    EVAL_DEBUG_INT16TOTEXT,
    EVAL_DEBUG_INT32TOTEXT,
    EVAL_DEBUG_INT8TOTEXT,
    EVAL_DEBUG_IPADDRESS,
    EVAL_DEBUG_IPADDRESSTOTEXT,
    EVAL_DEBUG_LCASE,
    EVAL_DEBUG_MEMBER,
    EVAL_DEBUG_NOT,
    EVAL_DEBUG_OPTION,
    EVAL_DEBUG_OR,
    EVAL_DEBUG_PKT,
    EVAL_DEBUG_PKT4,
    EVAL_DEBUG_PKT6,
    EVAL_DEBUG_RELAY6,
    EVAL_DEBUG_RELAY6_RANGE,
    EVAL_DEBUG_SPLIT,
    EVAL_DEBUG_SPLIT_DELIM_EMPTY,
    EVAL_DEBUG_SPLIT_EMPTY,
    EVAL_DEBUG_SPLIT_FIELD_OUT_OF_RANGE,
    EVAL_DEBUG_STRING,
    EVAL_DEBUG_SUBSTRING,
    EVAL_DEBUG_SUBSTRING_EMPTY,
    EVAL_DEBUG_SUBSTRING_RANGE,
    EVAL_DEBUG_TOHEXSTRING,
    EVAL_DEBUG_UCASE,
    EVAL_DEBUG_UINT16TOTEXT,
    EVAL_DEBUG_UINT32TOTEXT,
    EVAL_DEBUG_UINT8TOTEXT,
    EVAL_DEBUG_VENDOR_CLASS_DATA,
    EVAL_DEBUG_VENDOR_CLASS_DATA_NOT_FOUND,
    EVAL_DEBUG_VENDOR_CLASS_ENTERPRISE_ID,
    EVAL_DEBUG_VENDOR_CLASS_ENTERPRISE_ID_MISMATCH,
    EVAL_DEBUG_VENDOR_CLASS_EXISTS,
    EVAL_DEBUG_VENDOR_CLASS_NO_OPTION,
    EVAL_DEBUG_VENDOR_ENTERPRISE_ID,
    EVAL_DEBUG_VENDOR_ENTERPRISE_ID_MISMATCH,
    EVAL_DEBUG_VENDOR_EXISTS,
    EVAL_DEBUG_VENDOR_NO_OPTION,
    ;
    EVAL_DEBUG_BRANCH,
    EVAL_DEBUG_MATCH,
    EVAL_DEBUG_POP_AND_BRANCH_FALSE,
    EVAL_DEBUG_POP_OR_BRANCH_FALSE,
    EVAL_DEBUG_POP_OR_BRANCH_TRUE,
}
