//! `.npy` arrays: what is in them counts, not how it is written.

mod common;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use common::{json, number, repository, with_input};
use serde_json::Value;

const REPLAY: [&str; 8] = [
    "--dim",
    "2",
    "--batch",
    "2",
    "--step-size",
    "0.05",
    "--init-scale",
    "0.5",
];

/// The bytes of a file with this header and these rows.
fn file(version: [u8; 2], header: &str, rows: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend(version);
    if version == [1, 0] {
        bytes.extend((header.len() as u16).to_le_bytes());
    } else {
        bytes.extend((header.len() as u32).to_le_bytes());
    }
    bytes.extend(header.as_bytes());
    bytes.extend(rows);
    bytes
}

fn header(descr: &str, shape: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
}

/// Rank one, d = 2, `env` of one byte.
const DESCR: &str = "[('env', '|u1'), ('y', '<f4'), ('x_1', '<f4'), ('x_2', '<f4')]";

/// Rows of [`DESCR`].
fn rows(of: &[(u8, [f32; 3])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (environment, numbers) in of {
        bytes.push(*environment);
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
    bytes
}

const TWO: [(u8, [f32; 3]); 2] = [(0, [1.0, 0.5, -0.5]), (1, [0.5, 1.0, 0.25])];

/// Replays standard input.
fn replay(input: &[u8], more: &[&str]) -> std::process::Output {
    let arguments = [
        &["replay", "-", "--quiet", "--json", "-"][..],
        &REPLAY,
        more,
    ]
    .concat();
    with_input(&arguments, input)
}

fn summary(input: &[u8], more: &[&str]) -> Value {
    let output = replay(input, more);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn simulated_streams_are_the_same_in_both_forms() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    for ensemble in ["gaussian", "rademacher", "rank-one"] {
        // 11: no compiled size, so zero-padded.
        for dim in ["5", "11"] {
            for precision in ["f32", "f64"] {
                let mut found = Vec::new();
                for name in ["stream.csv", "stream.npy"] {
                    let stream = path(name);
                    json(&[
                        "simulate",
                        &stream,
                        "--dim",
                        dim,
                        "--ensemble",
                        ensemble,
                        "--batches",
                        "30",
                        "--batch",
                        "40",
                        "--precision",
                        precision,
                        "--noise",
                        "0.1",
                        "--json",
                        "-",
                        "--quiet",
                    ]);
                    for batch in ["40", "13", "700"] {
                        found.push(json(&[
                            "replay",
                            &stream,
                            "--dim",
                            dim,
                            "--batch",
                            batch,
                            "--step-size",
                            "0.01",
                            "--init-scale",
                            "0.1",
                            "--precision",
                            precision,
                            "--json",
                            "-",
                            "--quiet",
                        ]));
                    }
                }
                let (text, array) = found.split_at(3);
                assert_eq!(text, array, "{ensemble}, {dim}, {precision}");
                assert!(number(&text[0], "/samples") == 1200.0);
            }
        }
    }
}

#[test]
fn learn_reads_arrays() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (text, array) = (path("a.csv"), path("a.npy"));
    let mut csv = "place,a,b,y\n".to_owned();
    let mut bytes = Vec::new();
    for row in 0..400_u32 {
        let environment = row / 100;
        let a = f64::from(row * 37 % 101) / 50.0 - 1.0;
        let b = f64::from(row * 53 % 97) / 48.0 - 1.0;
        let y = 2.0 * a + (f64::from(environment) - 1.0) * b;
        csv += &format!("{environment},{a},{b},{y}\n");
        bytes.extend(u64::from(environment).to_le_bytes());
        bytes.extend([a, b, y].iter().flat_map(|number| number.to_le_bytes()));
    }
    let descr = "[('place', '<i8'), ('a', '<f8'), ('b', '<f8'), ('y', '<f8')]";
    fs::write(&text, csv).expect("written");
    fs::write(&array, file([1, 0], &header(descr, "(400,)"), &bytes)).expect("written");
    let learn = |stream: &str| {
        json(&[
            "learn", stream, "--env", "place", "--target", "y", "--json", "-", "--quiet",
        ])
    };
    assert_eq!(learn(&text), learn(&array));
}

#[test]
fn a_file_of_numpy_is_read() {
    let path = repository().join("host/tests/data/numpy.npy");
    let path = path.display().to_string();
    let text = "n,y,x_1,x_2,kind\n-3,1.25,0.5,1,indoor\n-2,-0.5,-1,0.5,indoor\n-1,0.75,2,-0.5,caf\u{e9}\n\
                0,2.5,0.25,2,caf\u{e9}\n1,0.1,1.5,0.125,caf\u{e9}\n2,-1,-0.75,1,indoor\n";
    for env in ["kind", "n"] {
        let more = ["--env", env, "--precision", "f64"];
        let arguments = [
            &["replay", &path, "--quiet", "--json", "-"][..],
            &REPLAY,
            &more,
        ]
        .concat();
        let found = json(&arguments);
        assert_eq!(found, summary(text.as_bytes(), &more), "{env}");
        let first = if env == "n" { "-3" } else { "indoor" };
        assert_eq!(found["environments"][0], first);
    }
}

#[test]
fn gzip_versions_labels_and_other_orders_make_no_difference() {
    let rows = rows(&TWO);
    let plain = summary(&file([1, 0], &header(DESCR, "(2,)"), &rows), &[]);
    assert_eq!(number(&plain, "/steps"), 2.0);
    for version in [[2, 0], [3, 0]] {
        assert_eq!(
            summary(&file(version, &header(DESCR, "(2,)"), &rows), &[]),
            plain
        );
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&file([1, 0], &header(DESCR, "(2,)"), &rows))
        .expect("in memory");
    assert_eq!(summary(&gzip.finish().expect("in memory"), &[]), plain);
    // Text labels, padding, columns that are not used, and x_2 before x_1.
    let descr = "[('x_2', '<f4'), ('', '|V3'), ('x_1', '<f4'), ('note', '|S2'), ('env', '<U1'), ('y', '<f4')]";
    let mut other = Vec::new();
    for (environment, [y, a, b]) in TWO {
        other.extend(b.to_le_bytes());
        other.extend([9; 3]);
        other.extend(a.to_le_bytes());
        other.extend([0xff, 0xfe]);
        other.extend(u32::from(b'0' + environment).to_le_bytes());
        other.extend(y.to_le_bytes());
    }
    assert_eq!(
        summary(&file([1, 0], &header(descr, "(2,)"), &other), &[]),
        plain
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn bad_files_are_refused() {
    let good = rows(&TWO);
    let with = |descr: &str, shape: &str| file([1, 0], &header(descr, shape), &good);
    let whole = with(DESCR, "(2,)");
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend([0xff; 4]);
    let nan = rows(&[TWO[0], (1, [0.5, f32::NAN, 0.0])]);
    let large = rows(&[TWO[0], (1, [0.5, 0.0, 1e30])]);
    let named = |old: &str, new: &str| with(&DESCR.replace(old, new), "(2,)");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (file([4, 0], &header(DESCR, "(2,)"), &good), "version 4.0"),
        (long, "a header of 4294967295 bytes"),
        (whole[..9].to_vec(), "ends within its header"),
        (whole[..60].to_vec(), "ends within its header"),
        (file([1, 0], "(1, 2)", &good), "the header is no dictionary"),
        (file([1, 0], "{'descr'", &good), "where a colon belongs"),
        (
            file([1, 0], "{'shape': (2,), 'fortran_order': False}", &good),
            "the header has no \"descr\"",
        ),
        (
            file([1, 0], &header(DESCR, "(2,), 'shape': (3,)"), &good),
            "the header has \"shape\" twice",
        ),
        (file([3, 0], "\u{fffd}", &good), "where a value belongs"),
        (
            with("'<f4'", "(2, 4)"),
            "an array of \"<f4\" without field names; name its columns",
        ),
        (with(DESCR, "(1, 2)"), "an array of 2 dimensions"),
        (with(DESCR, "()"), "an array of 0 dimensions"),
        (with(DESCR, "2"), "the shape is no tuple"),
        (with(DESCR, "(-2,)"), "'-' at byte"),
        (with(DESCR, "(99999999999999999999,)"), "is too large"),
        (
            with(DESCR, "(18446744073709551615,)"),
            "row 3: the file ends before the end of this row",
        ),
        (
            with(DESCR, "(3,)"),
            "row 3: the file ends before the end of this row; its header says 3 rows",
        ),
        (
            whole[..whole.len() - 1].to_vec(),
            "row 2: the file ends before",
        ),
        ([&whole[..], b"more"].concat(), "more follows the 2 rows"),
        (with(DESCR, "(0,)"), "more follows the 0 rows"),
        (
            file([1, 0], &header(DESCR, "(0,)"), &[]),
            "there are no rows",
        ),
        (with("[]", "(2,)"), "the rows have no fields"),
        (with("[('', '|V0')]", "(2,)"), "the rows have no fields"),
        (with("[('', '<f4')]", "(2,)"), "field 1 has no name"),
        (with("['y']", "(2,)"), "a field is no pair"),
        (
            with("[('y', '|S99999999999')]", "(2,)"),
            "rows of more than 64 MiB",
        ),
        (
            named("'x_2', '<f4'", "'x_2', '>f4'"),
            "x_2: a field of type \">f4\", high byte first",
        ),
        (
            named("'x_2', '<f4'", "'x_2', '|O'"),
            "x_2: a field of type \"|O\"; numbers",
        ),
        (
            named("'x_2', '<f4'", "'x_2', '<f4', (2,)"),
            "x_2: an array within a field",
        ),
        (
            named("'x_2', '<f4'", "'x_2', [('a', '<f4')]"),
            "x_2: fields within a field",
        ),
        (
            named("x_2", "x_1"),
            "column x_1: two columns have this name",
        ),
        (
            named("x_2", "x_3"),
            "column x_2: no such column; the file has env, y, x_1, x_3",
        ),
        (
            named("'x_2', '<f4'", "'x_2', '|S4'"),
            "row 1, column x_2: \"\\0\\0\\0\u{bf}\" is not a number",
        ),
        (
            file([1, 0], &header(DESCR, "(2,)"), &nan),
            "row 2, column x_1: \"NaN\" is not a finite number",
        ),
        (
            file([1, 0], &header(DESCR, "(2,)"), &large),
            "row 2, column x_2: ",
        ),
    ];
    for (bytes, message) in cases {
        let output = replay(&bytes, &[]);
        let found = String::from_utf8_lossy(&output.stderr);
        // Bytes that are no UTF-8 as text are one of the cases, and have a message of their own.
        let message = if message.contains('\u{bf}') {
            "the text is not UTF-8"
        } else {
            message
        };
        assert_eq!(output.status.code(), Some(2), "{message}: {found}");
        assert!(found.contains(message), "{message}: {found}");
        assert!(!found.contains("panicked"), "{found}");
    }
}

/// Rows before a bad one are learned first, and a refused one among them is what is reported.
#[test]
fn what_comes_first_is_reported_first() {
    // In range, but under a factor of 1e3 its residual is not.
    let far = (0, [0.0, 1e6, 1e6]);
    let bad = (0, [f32::NAN, 0.0, 0.0]);
    let beyond = (0, [1.0, f32::MAX, 0.0]);
    let bytes = |of: &[_]| {
        file(
            [1, 0],
            &header(DESCR, &format!("({},)", of.len())),
            &rows(of),
        )
    };
    let arguments = [
        "replay",
        "-",
        "--quiet",
        "--json",
        "-",
        "--dim",
        "2",
        "--batch",
        "4",
        "--step-size",
        "0.05",
        "--init-scale",
        "1e3",
    ];
    for (of, place, status) in [
        (&[TWO[0], far, bad][..], "row 2: ", 1),
        (&[TWO[0], far, beyond], "row 2: ", 1),
        (&[TWO[0], bad, far], "row 2, column y: ", 2),
        (&[TWO[0], beyond, far], "row 2, column x_1: ", 2),
        (&[TWO[0], TWO[0], TWO[0], bad], "row 4, column y: ", 2),
    ] {
        let output = with_input(&arguments, &bytes(of));
        let found = String::from_utf8_lossy(&output.stderr);
        assert!(found.contains(place), "{place}: {found}");
        assert_eq!(output.status.code(), Some(status), "{found}");
        // What was learned before the run left the finite range is written.
        assert_eq!(output.stdout.is_empty(), status != 1, "{found}");
    }
}

/// The column of a refused entry is named, also where the measurement is padded to a compiled size.
#[test]
fn the_refused_entry_is_named() {
    for d in [5, 11] {
        let pairs = || (1..=d).flat_map(|i| (i..=d).map(move |j| (i, j)));
        let names: Vec<String> = pairs().map(|(i, j)| format!("x_{i}_{j}")).collect();
        for wrong in [0, 7, names.len() - 1] {
            let mut values = vec!["0".to_owned(); names.len()];
            let good = values.join(",");
            values[wrong] = "1e30".to_owned();
            let text = format!(
                "env,y,{}\n0,0,{good}\n0,0,{}\n",
                names.join(","),
                values.join(",")
            );
            let d = d.to_string();
            let arguments = [
                "replay",
                "-",
                "--dim",
                &d,
                "--batch",
                "4",
                "--step-size",
                "0.1",
                "--init-scale",
                "0.1",
            ];
            let output = with_input(&arguments, text.as_bytes());
            let found = String::from_utf8_lossy(&output.stderr);
            let place = format!("line 3, column {}: ", names[wrong]);
            assert!(found.contains(&place), "{place}: {found}");
            assert!(found.contains(&format!("entry {wrong}")), "{found}");
        }
    }
}

/// Whatever follows the first bytes is read or refused.
#[test]
fn no_bytes_make_it_panic() {
    let whole = file([1, 0], &header(DESCR, "(2,)"), &rows(&TWO));
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.npy");
    for position in 6..whole.len() {
        for change in [0x00, 0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[position] ^= change;
            read_to_end(&path, &bytes);
            read_to_end(&path, &bytes[..position]);
        }
    }
}

/// Reads all there is, in this process: thousands of cases.
fn read_to_end(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("written");
    let Ok(mut reader) = heterosgd_host::data::Reader::open(path) else {
        return;
    };
    let columns = reader.select((0..reader.columns().len()).collect());
    let mut values = vec![0.0_f64; columns.indices().len()];
    let mut read = 0;
    while let Ok(Some(row)) = reader.next_row() {
        let _ = row.numbers(&columns, &mut values);
        let _ = row.text(0);
        read += 1;
    }
    assert!(read <= bytes.len());
}
