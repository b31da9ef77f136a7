//! Does the decoder of WBXML survive whatever a server sends, with bounded memory?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use exdiag::evidence::SessionAsk;
use exdiag::protocol::session::{Reply, body};
use exdiag::protocol::wbxml::{Element, FaultKind, LARGEST, Node, decode, encode, name};

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % bound.max(1)
    }
}

fn asks() -> Vec<SessionAsk> {
    let (folder, sync_key) = ("5".to_owned(), "{6f0d5b1e-93a4}1".to_owned());
    vec![
        SessionAsk::FolderSync,
        SessionAsk::DeviceInformation,
        SessionAsk::Provision,
        SessionAsk::Acknowledge,
        SessionAsk::Open { folder: folder.clone() },
        SessionAsk::Estimate { folder: folder.clone(), sync_key: sync_key.clone() },
        SessionAsk::Newest { folder: folder.clone(), sync_key: sync_key.clone() },
        SessionAsk::Lately { folder: folder.clone(), sync_key, days: 7 },
        SessionAsk::Ping { folder, heartbeat: 900 },
    ]
}

/// How many nodes, how many bytes in them, how deep.
fn measured(root: &Element) -> (usize, usize, usize) {
    let (mut nodes, mut bytes, mut deepest) = (0, 0, 0);
    let mut open = vec![(root, 1)];
    while let Some((element, depth)) = open.pop() {
        nodes += 1;
        deepest = deepest.max(depth);
        for node in &element.content {
            match node {
                Node::Element(child) => open.push((child, depth + 1)),
                Node::Text(text) => (nodes, bytes) = (nodes + 1, bytes + text.len()),
                Node::Opaque(opaque) => (nodes, bytes) = (nodes + 1, bytes + opaque.len()),
            }
        }
    }
    (nodes, bytes, deepest)
}

/// Reads it, whatever it is, and asserts the limits.
fn survives(document: &[u8]) -> bool {
    match decode(document) {
        Ok(root) => {
            let (nodes, bytes, depth) = measured(&root);
            assert!(nodes <= 131_072 && bytes <= LARGEST && depth <= 65, "{nodes} {bytes} {depth}");
            let _ = (root.to_string(), name(root.tag));
            assert_eq!(decode(&encode(&root)).map(|again| again.tag), Ok(root.tag));
            true
        }
        Err(fault) => {
            assert!(fault.at <= document.len());
            false
        }
    }
}

/// Changes a document here and there: a bit, a byte, a piece gone, doubled or replaced by what is dangerous.
fn mutated(mut document: Vec<u8>, random: &mut Random) -> Vec<u8> {
    const DANGEROUS: &[&[u8]] = &[
        &[0x00, 0xff],
        &[0x00, 0x03],
        &[0x01],
        &[0x02, 0x8f, 0xff, 0xff, 0xff, 0x7f],
        &[0x03],
        &[0x45, 0x45, 0x45, 0x45],
        &[0x83, 0x00],
        &[0xc3, 0x8f, 0xff, 0xff, 0xff, 0x7f],
        &[0xc3, 0x7f],
        &[0xc5],
        &[0x04],
        &[0x43],
        &[0x80],
    ];
    for _ in 0..=random.below(4) {
        let at = random.below(document.len());
        match random.below(6) {
            0 => document.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            1 => document.iter_mut().skip(at).take(1).for_each(|byte| *byte = u8::try_from(random.below(256)).unwrap()),
            2 => document.truncate(at),
            3 => drop(document.drain(at..(at + random.below(9)).min(document.len()))),
            4 => {
                let piece: Vec<u8> = document.iter().skip(at).take(random.below(40)).copied().collect();
                document.splice(at..at, piece);
            }
            _ => drop(document.splice(at..at, DANGEROUS[random.below(DANGEROUS.len())].iter().copied())),
        }
    }
    document
}

#[test]
fn mutated_documents_are_read_or_refused_and_never_larger_than_the_limits() {
    let mut random = Random(0x2026_1127);
    let documents: Vec<(SessionAsk, Vec<u8>)> =
        asks().into_iter().map(|ask| (ask.clone(), body("16.1", "1307199584", &ask))).collect();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let (ask, document) = &documents[random.below(documents.len())];
        let document = mutated(document.clone(), &mut random);
        if survives(&document) {
            read += 1;
        } else {
            refused += 1;
        }
        // what is recorded of it is small, and is read again
        let reply = Reply::read(ask, &document);
        let record = reply.record();
        assert!(record.len() < 2048, "{record}");
        assert_eq!(Reply::recorded(&record), reply);
    }
    assert!(read > 1000 && refused > 1000, "{read} read, {refused} refused");
}

#[test]
fn every_document_that_ends_too_early_is_refused() {
    for ask in asks() {
        let document = body("16.1", "1307199584", &ask);
        assert!(survives(&document));
        for end in 0..document.len() {
            assert!(!survives(&document[..end]), "{ask}: {end}");
        }
    }
}

#[test]
fn a_short_reference_to_a_long_text_makes_no_large_document() {
    // 300,000 times the same 4095 letters would be 1.2 GB
    let mut table = vec![b'x'; 4095];
    table.push(0);
    let bomb = [&[3, 1, 0x6a, 0xa0, 0x00][..], &table, &[0x45], &[0x83, 0].repeat(300_000), &[1]].concat();
    assert_eq!(decode(&bomb).unwrap_err().kind, FaultKind::TooLarge);
    let few = [&[3, 1, 0x6a, 0xa0, 0x00][..], &table, &[0x45], &[0x83, 0].repeat(200), &[1]].concat();
    assert!(survives(&few));
}

#[test]
fn lengths_depth_and_numbers_of_pieces_are_bounded() {
    let head = [3, 1, 0x6a, 0];
    let of = |body: &[u8]| decode(&[&head[..], body].concat()).map(|_| ()).map_err(|fault| fault.kind);
    let long = [&[0xc3, 0x8f, 0xff, 0xff, 0xff, 0x7f][..], &[0; 64]].concat();
    assert_eq!(of(&[&[0x45][..], &long].concat()), Err(FaultKind::Short));
    assert_eq!(of(&vec![0x45; 500_000]), Err(FaultKind::TooLarge));
    for piece in [&[0x05][..], &[0x03, 0], &[0x02, 0x41], &[0xc3, 0]] {
        assert_eq!(of(&[&[0x45][..], &piece.repeat(300_000)].concat()), Err(FaultKind::TooLarge), "{piece:?}");
    }
    // a million switches of the page are no pieces
    let switches = [&[0x00, 0xfe].repeat(400_000)[..], &[0x05]].concat();
    assert_eq!(of(&switches), Ok(()));
    assert_eq!(decode(&vec![3; LARGEST + 1]).unwrap_err().kind, FaultKind::TooLarge);
    // each byte that is no UTF-8 becomes three
    let invalid = [&[0x45, 0x03][..], &vec![0xff; 400_000], &[0, 1]].concat();
    assert_eq!(of(&invalid), Err(FaultKind::TooLarge));
}

#[test]
fn unknown_pages_and_tokens_are_kept_as_numbers() {
    for page in 0..=255_u8 {
        for token in 0x05..=0x3f_u8 {
            let document = [3, 1, 0x6a, 0, 0, page, token | 0x40, 0x03, b'7', 0, 1];
            let root = decode(&document).unwrap();
            assert_eq!((root.tag.0, root.tag.1, root.value().as_str()), (page, token, "7"));
            assert!(survives(&document));
        }
    }
}
