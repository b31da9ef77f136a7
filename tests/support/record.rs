//! Is a case recorded in `fixtures/evidence`?

use exdiag::evidence::Evidence;
use std::path::Path;

/// Records the case where it is not yet, if `EXDIAG_BLESS=1` asks for it.
pub fn record(case: &str, evidence: &Evidence) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/{case}.json"));
    if std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1") && !path.exists() {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(evidence).unwrap())).unwrap();
    }
}
