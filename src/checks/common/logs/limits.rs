//! From when on is something that logs show worth telling?

/// Declares the thresholds once: the field, its name for `--threshold`, its value, what it means.
macro_rules! thresholds {
    ($($field:ident $name:literal = $value:literal, $doc:literal;)*) => {
        /// From when on something is told. The one place for all of them; `--threshold NAME=VALUE` changes one.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Thresholds {
            $(#[doc = $doc] pub $field: i64,)*
        }

        impl Default for Thresholds {
            fn default() -> Self {
                Self { $($field: $value,)* }
            }
        }

        impl Thresholds {
            /// The threshold of that name, to be changed.
            pub fn named(&mut self, name: &str) -> Option<&mut i64> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }

        /// Name, value and meaning of each.
        pub const THRESHOLDS: &[(&str, i64, &str)] = &[$(($name, $value, $doc),)*];
    };
}

thresholds! {
    fresh_minutes "fresh-minutes" = 120, "minutes after a success in which all is well: twice the longest wait of a Ping";
    stale_minutes "stale-minutes" = 1440, "minutes after which a success, or an accepted sign-in, is too old";
    rhythm "rhythm" = 3, "times the client's own rhythm (median gap) for which it may be silent";
    failures "failures" = 3, "failures in a row that count ...";
    failing_minutes "failing-minutes" = 15, "... when they last for so many minutes";
    hits_per_day "hits-per-day" = 1000, "requests of a device in one day (warn)";
    hits_per_day_fail "hits-per-day-fail" = 1500, "the same (fail)";
    hits_per_minute "hits-per-minute" = 30, "requests of a device in one minute (warn)";
    hits_per_minute_fail "hits-per-minute-fail" = 60, "the same (fail)";
    resyncs_per_day "resyncs-per-day" = 2, "new beginnings (sync key 0) of one folder in one day (warn)";
    resyncs_per_day_fail "resyncs-per-day-fail" = 10, "the same (fail)";
    same_key "same-key" = 10, "Syncs in a row with one sync key, a minute apart at most (warn)";
    same_key_fail "same-key-fail" = 60, "the same (fail)";
    provisions "provisions" = 3, "Provision requests with no success after them (warn)";
    provisions_fail "provisions-fail" = 10, "the same (fail)";
    heartbeat_seconds "heartbeat-seconds" = 540, "the mean wait of Pings, in seconds, down to which it is short";
    heartbeat_samples "heartbeat-samples" = 200, "Pings from which on that counts";
    server_errors_percent "server-errors-percent" = 1, "answers 5xx of a device, of 100 (warn)";
    server_errors_percent_fail "server-errors-percent-fail" = 10, "the same (fail)";
    throttle_ms_fail "throttle-ms-fail" = 45_000, "delay by throttling, in milliseconds, that is the longest there is (fail)";
    slow_percent "slow-percent" = 1, "Syncs of which calls to the mailbox server took over 2 s, of 100 (warn)";
    slow_percent_fail "slow-percent-fail" = 10, "Syncs of which they took over 10 s, of 100 (fail)";
    cuts "cuts" = 3, "waiting requests that were cut after the same time";
}
