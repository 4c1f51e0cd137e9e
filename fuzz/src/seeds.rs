//! What the corpora start from: the test kit's fixtures in every encoding. Deterministic, so that the committed files
//! can be held against them.

use data_encoding::{BASE64, HEXLOWER};
use detente_blind::Role;
use detente_record::evidence::Examiner;
use detente_record::release::Part;
use detente_record::{Log, Release};
use detente_testkit::statements::{head, statements};
use detente_testkit::{Author, MORNING, MockScheme, conversation, rng, terms_of_the_first_law as terms};
use detente_types::Root;
use detente_types::statement::StatementIn;
use detente_wire::certificate::sign_revocation;
use detente_wire::checkpoint::{SignedCheckpoint, cosign, holder_name, log_name, sign_checkpoint};
use detente_wire::codec::{encode, to_slots};
use detente_wire::frame::{self, Frame, Hello};
use detente_wire::merkle::EMPTY_ROOT;
use detente_wire::{Body, Entry, Verified};
use sha2::{Digest, Sha256};

use crate::scene::Scene;

/// One file of a corpus: its target, its name, its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// Every seed.
pub fn seeds() -> Vec<Seed> {
    [
        of_entries(),
        of_notes(),
        of_keys(),
        of_frames(),
        of_words(),
        of_record(),
        of_files(),
        of_plans(),
        of_carriers(),
        of_edges(),
        of_links(),
        of_blind_runs(),
    ]
    .concat()
}

fn seed(target: &'static str, name: &str, bytes: impl Into<Vec<u8>>) -> Seed {
    (target, name.replace(' ', "-"), bytes.into())
}

/// One entry of every kind, and everything that it is made of.
fn of_entries() -> Vec<Seed> {
    let parties = &Scene::get().parties;
    let mut author = Author::new(&MockScheme, &parties.low, 1);
    let mut seeds = vec![seed("body", "no-slot", Body::new(&mut rng(0), to_slots(&nothing())).expect("it fits").encode())];
    for (name, said) in statements(&MockScheme, parties) {
        let entry = author.say(&said);
        seeds.push(seed("entry", name, entry.packed()));
        seeds.push(seed("statement", name, entry.body_bytes()));
        seeds.push(seed("slots", name, slot_list(&entry)));
        if ["operation", "safety", "check", "suspend"].contains(&name) {
            seeds.push(seed("leaf", name, *entry.leaf().bytes()));
            seeds.push(seed("body", name, entry.body_bytes()));
            seeds.push(seed("unpack", name, entry.packed()));
            let opening = entry.body().open(0).expect("there is slot 0");
            let value = opening.value.expect("every kind has slot 0");
            seeds.push(seed("slot_opening", name, [&[0, 1], opening.salt.as_slice(), &value].concat()));
        }
    }
    seeds
}

/// A statement without a slot: no kind has that form.
fn nothing() -> StatementIn {
    StatementIn::Other { kind: 0, slots: Vec::new() }
}

/// Slot number, length and value, one after the other: what the target `slots` reads.
fn slot_list(entry: &Entry) -> Vec<u8> {
    let slots = entry.body().slots().iter();
    slots.flat_map(|(slot, value)| [&[*slot], (value.len() as u16).to_be_bytes().as_slice(), value].concat()).collect()
}

fn of_notes() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, size, root) in [("empty", 0, EMPTY_ROOT), ("some", 12, head(12).root), ("most", u64::MAX, Root::new([9; 32]))] {
        let signed = checkpoint(size, root);
        let cosigned = cosign(&MockScheme, &Scene::get().parties.high.holder, &holder(), signed.checkpoint(), MORNING);
        seeds.push(seed("checkpoint", name, signed.note()));
        seeds.push(seed("cosignature", name, cosigned.note()));
        seeds.push(seed("note", name, signed.note_with(&cosigned)));
        seeds.push(seed("cosignature", &format!("{name}-with-checkpoint"), signed.note_with(&cosigned)));
    }
    seeds
}

fn checkpoint(size: u64, root: Root) -> SignedCheckpoint {
    let parties = &Scene::get().parties;
    let origin = log_name(&parties.line, &parties.low.id(), parties.low.certificate.generation());
    sign_checkpoint(&MockScheme, &parties.low.log, &origin, size, root)
}

fn holder() -> String {
    let parties = &Scene::get().parties;
    holder_name(&parties.line, &parties.high.id(), parties.high.certificate.generation())
}

fn of_keys() -> Vec<Seed> {
    let parties = &Scene::get().parties;
    let first = parties.opening(&MockScheme, &terms(), None);
    let later = parties.opening(&MockScheme, &terms(), Some(head(40)));
    let revocation = sign_revocation(&MockScheme, &parties.low.party, parties.line, detente_types::Generation::FIRST, 12);
    vec![
        seed("certificate", "low", encode(parties.low.certificate.input())),
        seed("certificate", "high", encode(parties.high.certificate.input())),
        seed("opening", "first", encode(&first)),
        seed("opening", "later", encode(&later)),
        seed("revocation", "low", encode(&revocation)),
    ]
}

/// The forms of the committed frame vectors.
fn of_frames() -> Vec<Seed> {
    let vectors = include_str!("../../vectors/frame-1.json");
    let quoted = |key: &'static str| {
        vectors.lines().filter_map(move |line| line.trim().strip_prefix(key)?.strip_suffix(&['"', ','][..]).map(trimmed))
    };
    let forms = quoted("\"form\": \"").map(|hex| HEXLOWER.decode(hex.as_bytes()).expect("vectors are hex"));
    quoted("\"name\": \"").zip(forms).map(|(name, form)| seed("frame", name, form)).collect()
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches('"')
}

fn of_words() -> Vec<Seed> {
    let file = toml::to_string(&terms()).expect("terms can be written");
    let lines = ["2026-11-24T06:00:00Z", "Гогланд, south pier", "1 km", "AMSL", "blind only", "generation-open", "stored-early"];
    let mut seeds: Vec<Seed> = lines.iter().enumerate().map(|(n, line)| seed("text", &format!("line-{n}"), *line)).collect();
    let positions = [
        "38SMB4488",
        "ZAH0000000000",
        "38 north 444500 3688500",
        "Z 2183555.078 1959007.421",
        "006AG39",
        "60.1699, 24.9384",
        "60°10.194′N 24°56.304′E",
        "60°10′11,6″ с.ш. 24°56′18,2″ в.д.",
        "603015N 0244530E",
        "N60 30,24 45E",
    ];
    seeds.extend(positions.iter().enumerate().map(|(n, text)| seed("position", &format!("written-{n}"), *text)));
    seeds.push(seed("text", "identity", "0123456789abcdef".repeat(4)));
    seeds.push(seed("text", "two-lines", "Fire has ceased.\nStay clear until noon."));
    seeds.push(seed("terms_toml", "gulf", file));
    seeds.push(seed("terms_cbor", "gulf", encode(&terms())));
    seeds
}

fn of_record() -> Vec<Seed> {
    let parties = &Scene::get().parties;
    let examiner = Examiner::new(&MockScheme, &parties.low.certificate);
    let notes = [1, 2].map(|root| checkpoint(12, Root::new([root; 32])).note());
    let roots = examiner.examine_roots(notes[0].as_bytes(), notes[1].as_bytes()).expect("two roots of one size");
    let leaves = [1, 2].map(|salt| *Author::new(&MockScheme, &parties.low, salt).say(&nothing()).leaf().bytes());
    let places = examiner.examine_leaves(&leaves[0], &leaves[1]).expect("two leaves for one place");
    vec![
        seed("evidence", "two-roots", roots.encode()),
        seed("evidence", "two-leaves", places.encode()),
        seed("release", "whole", release(|part, log, entry| part.release_whole(log, entry).expect("it is in the log"))),
        seed(
            "release",
            "slots",
            release(|part, log, entry| part.release_slots(log, entry, [0, 9, 31]).expect("it is in the log")),
        ),
    ]
}

/// A release of the last entry of a short log.
fn release(choose: impl FnOnce(&mut Part, &Log, &Verified<Entry>)) -> Vec<u8> {
    let parties = &Scene::get().parties;
    let [entries, _] = conversation(&MockScheme, parties, &terms(), 3);
    let [low, high] = parties.sides().map(|side| side.certificate.clone());
    let mut log = Log::new(parties.line, parties.low.id(), low.generation());
    let head = entries.iter().map(|entry| log.append(entry).expect("sealed in order")).last().expect("not empty");
    let signed = checkpoint(head.size, head.root);
    let cosigned = cosign(&MockScheme, &parties.high.holder, &holder(), signed.checkpoint(), MORNING);
    let mut part = Part::new(low, high, signed, cosigned).expect("both sides of one line");
    choose(&mut part, &log, entries.last().expect("not empty"));
    Release::new(vec![part]).encode()
}

/// A small file of each format, behind the byte that picks its name.
fn of_files() -> Vec<Seed> {
    let json = r#"[{"kind":"operation","title":"Patrol","precedence":"PRIORITY","volumes":[{"shape":"path","positions":[[59.9,24.5],[60.0,26.0]],"radius_m":2000,"lower_m":300,"upper_m":1500,"datum":"AMSL","start":"2026-11-25T04:00:00Z","end":"2026-11-25T06:30:00Z"}]}]"#;
    let geojson = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[24.2,59.8],[24.6,59.8],[24.6,59.9],[24.2,59.9],[24.2,59.8]]]},"properties":{"kind":"hazard","title":"Live fire","lower_m":0,"upper_m":3000,"datum":"AMSL","start":"2026-11-25T04:00:00Z","end":"2026-11-25T06:30:00Z"}}]}"#;
    let csv = "kind,title,function,lat,lon,radius_m,lower_m,upper_m,datum,start,end\n\
               site,Harbour clinic,clinic,60.46,26.95,150,0,30,AMSL,2026-11-25T00:00:00Z,2026-12-25T00:00:00Z\n";
    let files = [("json", json), ("geojson", geojson), ("csv", csv)].into_iter().enumerate();
    files.map(|(pick, (name, text))| seed("notices_file", name, [&[pick as u8], text.as_bytes()].concat())).collect()
}

/// A small file of plans in each format.
fn of_plans() -> Vec<Seed> {
    let survey = include_str!("../../examples/check/survey.geojson");
    let relief = include_str!("../../examples/check/relief.kml");
    let data = r#"<kml:kml xmlns:kml="http://www.opengis.net/kml/2.2"><Folder><Placemark><name>A &amp; B &#233;</name><ExtendedData><SchemaData><SimpleData name="radius_nm">0.5</SimpleData></SchemaData></ExtendedData><MultiGeometry><Polygon><extrude>1</extrude><altitudeMode>relativeToGround</altitudeMode><outerBoundaryIs><LinearRing><coordinates>24.2,59.8,90 24.6,59.8,90 24.6,59.9,120 24.2,59.8,90</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>24.5,59.82 24.55,59.82 24.55,59.84</coordinates></LinearRing></innerBoundaryIs></Polygon><Point><altitudeMode>absolute</altitudeMode><coordinates>24,59,120</coordinates></Point></MultiGeometry></Placemark></Folder></kml:kml>"#;
    let track = r#"<kml xmlns:gx="http://www.google.com/kml/ext/2.2"><Placemark><ExtendedData><Data name="radius_m"><value>50</value></Data><Data name="slack_s"><value>5</value></Data></ExtendedData><gx:MultiTrack><gx:interpolate>1</gx:interpolate><gx:Track><altitudeMode>absolute</altitudeMode><when>2026-11-25T06:00:00Z</when><when>2026-11-25T06:01:00Z</when><when>2026-11-25T06:02:00Z</when><gx:coord>24 59 100</gx:coord><gx:coord>24.1 59 120</gx:coord><gx:coord>24.1 59 140</gx:coord></gx:Track><gx:Track><altitudeMode>absolute</altitudeMode><when>2026-11-25T06:03:00Z</when><when>2026-11-25T06:04:00Z</when><gx:coord/><gx:coord>24.2 59 90</gx:coord></gx:Track></gx:MultiTrack></Placemark></kml>"#;
    let csv = "name,shape,positions,radius_m,lower_ft,upper,units,datum,start,end\n\
               Line,path,59.9 24.5; 60.0 26.0,500,0,400,ft,AGL,2026-11-25T04:00:00Z,2026-11-25T06:30:00Z\n\
               Open,,60.1 24.9,,,,,,,\n";
    let notices = r#"[{"kind":"operation","title":"Patrol","volumes":[{"shape":"path","positions":[[59.9,24.5],[60.0,26.0]],"radius_m":2000,"lower_m":300,"upper_ft":5000,"datum":"AMSL","start":"2026-11-25T04:00:00Z","end":"2026-11-25T06:30:00Z"}]},{"volumes":[{"shape":"polygon","positions":[[0,0],[0,1],[1,1]],"holes":[[[0.3,0.5],[0.3,0.6],[0.4,0.6]]]}]}]"#;
    let f3548 = r#"{"operational_intents":[{"reference":{"id":"2f8343be-6482-4d1b-a474-16847e01af1e"},"details":{"volumes":[{"volume":{"outline_circle":{"center":{"lat":59.8,"lng":24.2},"radius":{"value":300.183,"units":"M"}},"altitude_lower":{"value":0,"reference":"W84","units":"M"},"altitude_upper":{"value":120,"reference":"W84","units":"M"}},"time_start":{"value":"2026-11-25T06:00:00Z","format":"RFC3339"},"time_end":{"value":"2026-11-25T07:00:00Z","format":"RFC3339"}}],"off_nominal_volumes":[]}}],"constraint":{"details":{"volumes":[{"volume":{"outline_polygon":{"vertices":[{"lat":59.8,"lng":24.2},{"lat":59.8,"lng":24.6},{"lat":59.9,"lng":24.6}]}}}]}}}"#;
    vec![
        seed("plans_geojson", "survey", survey),
        seed("plans_kml", "relief", relief),
        seed("plans_kml", "data", data),
        seed("plans_kml", "track", track),
        seed("ground", "two", crate::ground::two()),
        seed("plans_csv", "line", csv),
        seed("plans_notices", "patrol", notices),
        seed("plans_f3548", "intents", f3548),
    ]
}

/// What carriers of frames read: a stream of two frames, a file of them, the name that a caller shows.
fn of_carriers() -> Vec<Seed> {
    let frames: [&[u8]; 2] = [b"first", &[7; 300]];
    let stream: Vec<u8> = frames.iter().flat_map(|f| [(f.len() as u32).to_be_bytes().as_slice(), f].concat()).collect();
    vec![
        seed("deframer", "two-frames", [&[3], stream.as_slice()].concat()),
        seed("frames_file", "two-frames", frames_file(&frames)),
        seed("knock", "name", "0123456789abcdefghijklmnopqrstuv0123456789abcdefghij"),
    ]
}

/// The file of frames that `net` describes: each frame, and the end mark, behind its length and before its check.
fn frames_file(frames: &[&[u8]]) -> Vec<u8> {
    let line = Scene::get().parties.line;
    let mut file = [b"\x89DTFR\r\n\x1a\x01".as_slice(), line.as_bytes()].concat();
    for (index, bytes) in frames.iter().copied().chain([[].as_slice()]).enumerate() {
        let length = (bytes.len() as u32).to_be_bytes();
        let numbers = [(index as u64).to_be_bytes().as_slice(), &length].concat();
        let check = Sha256::digest([b"detente/frames-file/1", line.as_bytes().as_slice(), &numbers, bytes].concat());
        file.extend([&length, bytes, &check[..16]].concat());
    }
    file
}

/// What the program reads from a peer, a file and its own interface.
fn of_edges() -> Vec<Seed> {
    let mut seeds: Vec<Seed> = Vec::new();
    let pairing = detente::fuzzing::pairing_seeds(terms());
    seeds.extend(pairing.into_iter().map(|(name, bytes)| seed("pairing", name, bytes)));
    for (name, body) in [
        (
            "notify",
            r#"{"notices":[{"kind":"text","valid_from":"2026-11-25T04:00:00Z","valid_until":"2026-11-25T06:00:00Z","release":"1 km","reveal":["text"],"text":{"language":"en","text":"hello"}}],"check":true}"#,
        ),
        (
            "offer",
            r#"{"conflict":"00ff","ours":true,"shift_min":-30,"climb_m":100,"volumes":[{"shape":"point","positions":[[59.9,24.5]],"radius_m":150,"lower_m":0,"upper_m":30.5,"datum":"AMSL","start":"2026-11-25T04:00:00Z","end":"2026-11-25T06:00:00Z"}],"lapses":"2026-11-25T04:00:00Z"}"#,
        ),
        ("receipt", r#"{"of":"00ff","level":"listed","list_number":"7","read_back":"60 N"}"#),
        ("answer", r#"{"offer":"00ff","answer":"accept","text":{"language":"en","text":"yes"}}"#),
        ("safety-action", r#"{"of":"00ff","action":{"language":"en","text":"stopped"},"by":"2026-11-25T04:00:00Z"}"#),
    ] {
        seeds.push(seed("api_bodies", name, body));
    }
    seeds.push(seed("exported_record", "short", exported()));
    seeds.push(seed("match_wire", "opening", detente::fuzzing::match_wire_seed()));
    let cell = "000007d0000003e8001e848080000000";
    seeds.push(seed("match_cells", "two", format!("# ours\n\n{cell}\r\n{}1\n", &cell[..31])));
    seeds
}

/// An exported record of one log's first entries, signed as the test kit signs: its form is good, its signatures are not.
fn exported() -> String {
    let parties = &Scene::get().parties;
    let [entries, _] = conversation(&MockScheme, parties, &terms(), 3);
    let author = parties.low.id();
    let mut text = format!(r#"{{"format":1,"line":"{}","parties":["{author}","{}"]}}"#, parties.line, parties.high.id());
    for (index, entry) in entries.iter().enumerate() {
        let [leaf, body] = [BASE64.encode(entry.leaf().bytes()), BASE64.encode(entry.body_bytes())];
        text +=
            &format!("\n{{\"author\":\"{author}\",\"generation\":1,\"index\":{index},\"leaf\":\"{leaf}\",\"body\":\"{body}\"}}");
    }
    let note = serde_json::to_string(&checkpoint(3, head(3).root).note()).expect("a text");
    text + &format!("\n{{\"author\":\"{author}\",\"generation\":1,\"role\":\"checkpoint\",\"size\":3,\"note\":{note}}}")
}

/// A meeting, entries and what else is said in it, and a bearer that is lost.
fn of_links() -> Vec<Seed> {
    let step = |op: u8, bytes: &[u8]| [&[op], (bytes.len() as u16).to_be_bytes().as_slice(), bytes].concat();
    let say = |frame: &Frame| step(1, &encode(frame));
    let [ours, theirs] = crate::link::SESSIONS;
    let hello = Frame::Hello(Hello {
        version_min: 1,
        version_max: frame::LINK_VERSION,
        features: frame::FEATURE_BLIND,
        line: Scene::get().parties.line,
        session: theirs,
        answers: ours,
        own: head(5),
        own_checkpoint: b"their checkpoint".to_vec().into(),
        copy: head(10),
        copy_checkpoint: b"our checkpoint".to_vec().into(),
        revocations: Vec::new(),
        clock_us: MORNING.micros(),
        holds: true,
        asks: true,
        window_bytes: 1 << 20,
        cosigned: Vec::new().into(),
        early: Vec::new(),
        more: Vec::new().into(),
        newest: Vec::new().into(),
    });
    let part = |index: u64, early: bool, part: u8| {
        let generation = detente_types::Generation::FIRST;
        say(&Frame::Part(frame::Part { own: true, generation, index, part, parts: 2, bytes: vec![6; 400].into(), early }))
    };
    let greets = step(2, &encode(&hello));
    let entries =
        [part(3, false, 0), part(3, false, 1), part(4, false, 1), part(4, false, 0), part(9, true, 0), part(9, true, 1)].concat();
    let rest = [
        say(&Frame::Checkpoint(b"note".to_vec().into())),
        say(&Frame::Cosignature(b"note".to_vec().into())),
        say(&Frame::Ping(1, 2)),
        say(&Frame::Pong(1, 2, 3)),
        say(&Frame::Evidence(vec![7; 40].into())),
        say(&Frame::Bye(3, "good night".into())),
    ]
    .concat();
    vec![
        seed("link", "meets", greets.clone()),
        seed("link", "entries", [greets.clone(), entries].concat()),
        seed("link", "talks", [greets.clone(), rest].concat()),
        seed("link", "matches", matches(&greets, say)),
        seed("link", "lost-and-found", [greets.clone(), step(3, &[40]), step(4, &[]), greets, step(3, &[1])].concat()),
    ]
}

/// Two streams of blind runs: a knock, messages in and out of order, twice and far ahead, acknowledgements of some and of all, a
/// lost bearer, and an end.
fn matches(greets: &[u8], say: impl Fn(&Frame) -> Vec<u8>) -> Vec<u8> {
    let message = |stream: u64, place: u32| say(&Frame::Blind(stream, place, vec![place as u8; 40].into()));
    let taken = |stream: u64, place: u32| say(&Frame::BlindTaken(stream, place));
    let farewell = say(&Frame::Blind(7, 4, crate::link::FAREWELL.to_vec().into()));
    let (waits, lost) = ([3, 0, 1, 9].to_vec(), [4, 0, 0].to_vec());
    [
        [message(7, 0), message(7, 0), message(7, 2), message(7, 1), message(7, 2), taken(7, 1), message(7, 3)].concat(),
        [message(8, 0), message(8, 0), message(8, 47), message(8, 48), message(8, u32::MAX), message(9, 0)].concat(),
        [taken(8, 9), taken(7, 2), waits.clone(), lost, greets.to_vec(), waits].concat(),
        [farewell, message(7, 5), taken(8, u32::MAX), taken(9, 1)].concat(),
    ]
    .iter()
    .fold(greets.to_vec(), |script, step| [script, step.clone()].concat())
}

/// Each message of a blind run, and whole runs as the first side hears them.
fn of_blind_runs() -> Vec<Seed> {
    let mut seeds: Vec<Seed> = Vec::new();
    for (kind, name) in [(0, "cells"), (1, "verified"), (2, "count")] {
        let mut sides = [(Role::First, 1), (Role::Second, 2)].map(|(role, seed)| crate::blind::side(kind, role, seed));
        let mut whole = vec![kind];
        let mut to_second = crate::blind::drain(&mut sides[0]);
        loop {
            for bytes in &to_second {
                sides[1].handle(bytes);
            }
            let said = crate::blind::drain(&mut sides[1]);
            if said.is_empty() {
                break;
            }
            to_second.clear();
            for bytes in said {
                let message = detente_blind::message::decode(&bytes).expect("an honest side's");
                seeds.push(seed("blind_message", &format!("{name}-{}", message.name()), bytes.clone()));
                whole.extend([&(bytes.len() as u16).to_be_bytes(), bytes.as_slice()].concat());
                sides[0].handle(&bytes);
                to_second.extend(crate::blind::drain(&mut sides[0]));
            }
        }
        seeds.push(seed("blind_run", name, whole));
    }
    // A chunk's pieces share a name: the last stays.
    let names: std::collections::BTreeMap<_, _> =
        seeds.into_iter().map(|(target, name, bytes)| ((target, name), bytes)).collect();
    names.into_iter().map(|((target, name), bytes)| (target, name, bytes)).collect()
}
