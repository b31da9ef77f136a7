//! How fast, how large and how greedy is exdiag? `cargo bench` prints it; nothing here judges.
//!
//! Times are told as ratios of one run wherever there is something to compare them with: a run of
//! the check to its longest chain of dependent probes, the start of the program to that of `true`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may fail")]

use exdiag::cli::rehearse;
use exdiag::lab::{Lab, LabOptions, find};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_exdiag");
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// With credentials and without, along each road of Autodiscover, with the sync service's API, with
/// a fault in DNS, in TLS and in HTTP.
const SCENARIOS: &[&str] = &[
    "healthy",
    "healthy-signed-in",
    "healthy-srv",
    "healthy-redirect",
    "healthy-sync",
    "dangling-alias",
    "intermediate-missing",
    "wrong-password",
];

fn main() {
    // cargo bench hands its own options on; cargo test --all-targets only wants it to compile
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    critical_path();
    four_addresses();
    cold_start();
    memory();
    size();
}

/// The wall time of a run beside the longest chain of probes of which each led to the next.
fn critical_path() {
    println!("a run, {} ms for each round trip; at most 1.30 is wanted", ROUND_TRIP.as_millis());
    println!("{:<24} {:>8} {:>8} {:>6} {:>7} {:>12}", "scenario", "wall", "chain", "ratio", "probes", "one by one");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut worst: f64 = 0.0;
    for name in SCENARIOS {
        let scenario = find(name).unwrap();
        let (diagnosis, _) = runtime.block_on(rehearse(scenario, LabOptions { round_trip: ROUND_TRIP })).unwrap();
        let evidence = &diagnosis.evidence;
        let took = |probe| evidence.records.get(probe).map_or(0, |record| record.took_ms);
        let chain: u64 = evidence.critical_path().into_iter().map(took).sum();
        let sum: u64 = evidence.records.values().map(|record| record.took_ms).sum();
        let wall = diagnosis.finished.took.as_secs_f64() * 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run")]
        let ratio = wall / chain as f64;
        worst = worst.max(ratio);
        println!("{name:<24} {wall:>5.0} ms {chain:>5} ms {ratio:>6.2} {:>7} {sum:>9} ms", evidence.records.len());
    }
    println!("the largest ratio: {worst:.2}\n");
}

/// `exdiag tls` of a host with four addresses, beside the longest of each kind of probe.
fn four_addresses() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = LabOptions { round_trip: ROUND_TRIP };
    let lab = runtime.block_on(Lab::start(find("four-nodes").unwrap(), options)).unwrap();
    let of_lab = lab.arguments().into_iter().skip(1);
    let mut command = Command::new(PROGRAM);
    command.args(["tls", "mail.corp.example", "--format", "json"]).args(of_lab);
    let report: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let records: Vec<(String, u64)> = report
        .pointer("/evidence/records")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|record| Some((record.get("id")?.as_str()?.to_owned(), record.get("took_ms")?.as_u64()?)))
        .collect();
    let wall = report.get("duration_ms").and_then(serde_json::Value::as_u64).unwrap_or_default();
    println!("exdiag tls, four addresses, the intermediate missing: {wall} ms, {} probes", records.len());
    for kind in ["dns:", "tls:", "hello:", "http:", "aia:"] {
        let took = records.iter().filter(|(id, _)| id.starts_with(kind)).map(|(_, took)| *took);
        let (count, longest) = (took.clone().count(), took.max().unwrap_or_default());
        println!("  {kind:<7}{count:>3}, the longest {longest:>4} ms");
    }
    println!();
}

/// Median of the time from the start of a program to its end.
fn start(program: &str, arguments: &[&str]) -> Duration {
    let mut times: Vec<Duration> = (0..51)
        .map(|_| {
            let began = Instant::now();
            assert!(Command::new(program).args(arguments).stdout(Stdio::null()).status().unwrap().success());
            began.elapsed()
        })
        .collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn cold_start() {
    let (ours, nothing) = (start(PROGRAM, &["--version"]), start("true", &[]));
    println!("exdiag --version: {:.1} ms; less than 10 is wanted", ours.as_secs_f64() * 1000.0);
    println!("true:             {:.1} ms, the machine's own share\n", nothing.as_secs_f64() * 1000.0);
}

/// The most memory that a check of the lab ever held, the lab itself apart.
fn memory() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut most = 0;
    for name in SCENARIOS {
        let scenario = find(name).unwrap();
        let lab = runtime.block_on(Lab::start(scenario, LabOptions { round_trip: ROUND_TRIP })).unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg("check").args(lab.arguments()).args(["--format", "json"]).stdout(Stdio::null());
        for (variable, value) in [("EXDIAG_PASSWORD", &lab.password), ("NYLAS_API_KEY", &lab.service_key)] {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        let mut child = command.spawn().unwrap();
        // the kernel keeps the high-water mark, but only as long as the process lives
        while child.try_wait().unwrap().is_none() {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = mark.and_then(|mark| mark.trim().strip_suffix(" kB")?.parse::<u64>().ok());
            most = most.max(kilobytes.unwrap_or_default());
            std::thread::yield_now();
        }
    }
    match most {
        0 => println!("peak memory of a check: not known, this system has no /proc\n"),
        _ => println!("peak memory of a check: {most} kB; at most 40960 is wanted\n"),
    }
}

fn size() {
    let bytes = std::fs::metadata(PROGRAM).unwrap().len();
    println!("the binary: {bytes} bytes; at most 12000000 are wanted");
}
