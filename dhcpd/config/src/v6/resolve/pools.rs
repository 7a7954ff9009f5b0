//! Pools of addresses and of prefixes.

use super::{Outer, Resolver};
use crate::rules::{check_overlaps, check_pools};
use crate::v6::parameters::{Lease6, Link6, PdPool, Pool6, Service6};
use crate::v6::snapshot::{self, Excluded};
use crate::values::{Prefix6, Range6};
use schema::{At, Pos, Problem};

impl Resolver<'_> {
    pub(super) fn pools(&mut self, subnet: &Outer, given: &[At<Pool6>], prefix: Prefix6) -> Vec<snapshot::Pool6> {
        let ranges: Vec<(Range6, Pos)> =
            given.iter().filter_map(|pool| pool.pool.as_ref()).map(|range| (range.value, range.pos)).collect();
        check_pools(prefix.range(), &prefix.to_string(), &ranges, &mut self.problems);
        let mut pools = Vec::new();
        for pool in given {
            let service = Service6 { names: pool.names.clone(), ..Service6::default() };
            let inner = self.over(subnet, (&Link6::default(), &Lease6::default(), &service), &[]);
            let options = self.encode(&pool.option_data);
            pool.guards.check(&mut self.problems);
            let Some(range) = &pool.pool else { continue };
            pools.push(snapshot::Pool6 {
                id: pool.pool_id.as_ref().map_or(0, |id| id.value),
                first: range.first,
                last: range.last,
                options,
                guard: pool.guards.guard(&mut self.classes),
                additional: pool.guards.additional(&mut self.classes),
                ddns: inner.ddns,
            });
        }
        pools
    }

    pub(super) fn pd_pools(&mut self, given: &[At<PdPool>], subnet: Prefix6) -> Vec<snapshot::PdPool> {
        let mut ranges = Vec::new();
        let mut pools = Vec::new();
        for pool in given {
            let options = self.encode(&pool.option_data);
            pool.guards.check(&mut self.problems);
            let (Some(address), Some(len), Some(delegated)) = (&pool.prefix, &pool.prefix_len, &pool.delegated_len)
            else {
                continue;
            };
            let Some(prefix) = Prefix6::new(address.value, len.value) else { continue };
            ranges.push((prefix.range(), address.pos));
            self.check_prefix(prefix, address.pos);
            if delegated.value < prefix.len {
                let reason = format!("must not be below prefix-len, which is {}", prefix.len);
                self.problems.push(Problem::new(delegated.pos, reason));
            }
            pools.push(snapshot::PdPool {
                id: pool.pool_id.as_ref().map_or(0, |id| id.value),
                prefix: prefix.first(),
                prefix_len: prefix.len,
                delegated_len: delegated.value,
                excluded: self.excluded(pool, delegated.value),
                options,
                guard: pool.guards.guard(&mut self.classes),
                additional: pool.guards.additional(&mut self.classes),
            });
        }
        check_overlaps(&ranges, "IA_PD", &subnet.to_string(), &mut self.problems);
        pools
    }

    /// A prefix that is excluded from each delegated one (RFC 6603 §4.2): longer, and shown as inside of the first one.
    fn excluded(&mut self, pool: &PdPool, delegated_len: u8) -> Option<Excluded> {
        let prefix = pool.excluded_prefix.as_ref().and_then(|given| Some((given.value.0?, given.pos)));
        let prefix = prefix.filter(|(prefix, _)| !prefix.is_unspecified());
        let len = pool.excluded_prefix_len.as_ref().filter(|len| len.value > 0);
        match (prefix, len) {
            (None, None) => None,
            (Some((_, pos)), None) => {
                self.problems.push(Problem::new(pos, "needs `excluded-prefix-len`"));
                None
            }
            (None, Some(len)) => {
                self.problems.push(Problem::new(len.pos, "needs `excluded-prefix`"));
                None
            }
            (Some((prefix, pos)), Some(len)) => {
                if len.value <= delegated_len {
                    let reason = format!("must be above delegated-len, which is {delegated_len}");
                    self.problems.push(Problem::new(len.pos, reason));
                }
                let excluded = Prefix6::new(prefix, len.value)?;
                self.check_prefix(excluded, pos);
                let first = Prefix6::new(pool.prefix.as_ref()?.value, delegated_len)?;
                if !first.contains(prefix) {
                    let reason = format!("must be inside the first prefix that is delegated, {first}");
                    self.problems.push(Problem::new(pos, reason));
                }
                Some(Excluded { prefix, len: len.value })
            }
        }
    }

    pub(super) fn check_prefix(&mut self, prefix: Prefix6, pos: Pos) {
        if prefix.first() != prefix.address {
            let reason = format!("{} has bits beyond the length {}", prefix.address, prefix.len);
            self.problems.push(Problem::new(pos, reason));
        }
    }
}
