#![allow(clippy::unwrap_used)]

use tempfile::TempDir;

use super::*;
use crate::media::testing::{add_exif, encode_jpeg as jpeg_of, gradient, jpeg, png};

const SPEC: DerivativeSpec = DerivativeSpec::free(20_000, 100);

fn key() -> MediaKey {
    MediaKey::from([3; 32])
}

fn library() -> (TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path(), key()).unwrap();
    (folder, library)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn what_is_added_is_kept_across_a_restart() {
    let (folder, library) = library();
    let added = library.add_bytes(png(200, 120).into()).await.unwrap();
    assert_eq!((added.width, added.height), (200, 120));
    drop(library);

    let library = Library::open(folder.path(), key()).unwrap();
    let master = library.read(&added.id).await.unwrap();
    assert_eq!(master.len() as u64, added.size_bytes);
    assert_eq!(sha256_hex(&master), added.id.as_str());
    assert_eq!(library.describe(&added.id).await.unwrap(), added);
}

#[tokio::test]
async fn the_same_photograph_is_stored_once() {
    let (folder, library) = library();
    let first = library.add_bytes(jpeg(90, 60).into()).await.unwrap();
    let count = files(folder.path()).len();
    let again = library.add_bytes(jpeg(90, 60).into()).await.unwrap();
    // Another position, the same pixels: the same photograph.
    let elsewhere = add_exif(&jpeg(90, 60), 1);
    let moved = library.add_bytes(elsewhere.into()).await.unwrap();
    assert_eq!((&again.id, &moved.id), (&first.id, &first.id));
    assert_eq!(files(folder.path()).len(), count);
}

#[tokio::test]
async fn position_and_rotation_do_not_survive() {
    let given = include_bytes!("../../../../../tests/fixtures/media/plat-du-jour.jpg");
    let read_exif =
        |bytes: &[u8]| exif::Reader::new().read_from_container(&mut std::io::Cursor::new(bytes.to_vec()));
    let tags = read_exif(given).expect("the fixture must carry EXIF");
    assert!(tags.get_field(exif::Tag::GPSLatitude, exif::In::PRIMARY).is_some());
    let rotation =
        tags.get_field(exif::Tag::Orientation, exif::In::PRIMARY).and_then(|field| field.value.get_uint(0));
    assert_eq!(rotation, Some(6));
    let stored = probe(given).unwrap();
    assert!(stored.width > stored.height, "lying on its side in the file");

    let (_folder, library) = library();
    let added = library.add_bytes(Bytes::from_static(given)).await.unwrap();
    assert_eq!((added.width, added.height), (stored.height, stored.width));
    let master = library.read(&added.id).await.unwrap();
    let (derived, info) = library.derivative(&added.id, &DerivativeSpec::free(950_000, 800)).await.unwrap();
    assert!(info.height > info.width, "upright: {info:?}");
    for bytes in [&master, &derived] {
        assert!(read_exif(bytes).is_err(), "EXIF was left in");
        assert!(!contains(bytes, b"GPS") && !contains(bytes, b"Exif"));
    }
}

#[tokio::test]
async fn large_photographs_are_reduced() {
    let (_folder, library) = library();
    let wide = jpeg_of(&gradient(5000, 50), 80);
    let added = library.add_bytes(wide.into()).await.unwrap();
    assert_eq!((added.width, added.height), (4096, 41));
}

#[tokio::test]
async fn nothing_readable_is_on_the_disk() {
    let (folder, library) = library();
    let added = library.add_bytes(jpeg(300, 200).into()).await.unwrap();
    let master = library.read(&added.id).await.unwrap();
    library.thumbnail(&added.id).await.unwrap();
    let kept = files(folder.path());
    assert_eq!(kept.len(), 3, "key check, master, thumbnail: {kept:?}");
    for path in kept {
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.starts_with(b"VMMEDIA"));
        for trace in [b"JFIF".as_slice(), &[0xFF, 0xD8, 0xFF], b"width", &master[600..616]] {
            assert!(!contains(&bytes, trace), "{} shows {trace:?}", path.display());
        }
    }
}

#[tokio::test]
async fn another_key_is_told_from_damage() {
    let (folder, library) = library();
    let added = library.add_bytes(jpeg(30, 20).into()).await.unwrap();
    let error = Library::open(folder.path(), MediaKey::from([4; 32])).unwrap_err();
    assert_eq!(error.code(), "media_key_wrong");

    let path = folder.path().join(added.id.as_str()).join("master");
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = library.read(&added.id).await.unwrap_err();
    assert_eq!(error.code(), "media_store_damaged");
    // Adding the photograph again heals it.
    library.add_bytes(jpeg(30, 20).into()).await.unwrap();
    assert!(library.read(&added.id).await.is_ok());
}

#[tokio::test]
async fn derivatives_come_from_the_cache_and_survive_its_damage() {
    let (folder, library) = library();
    let added = library.add_bytes(jpeg(300, 200).into()).await.unwrap();
    let made = library.derivative(&added.id, &SPEC).await.unwrap();
    assert_eq!((made.1.width, made.1.height), (100, 67));
    let path = folder.path().join(added.id.as_str()).join(SPEC.hash());
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(library.derivative(&added.id, &SPEC).await.unwrap(), made);
    let untouched = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(written, untouched, "the second call must not write");

    fs::write(&path, b"garbage").unwrap();
    assert_eq!(library.derivative(&added.id, &SPEC).await.unwrap(), made);
    assert_ne!(fs::read(&path).unwrap(), b"garbage");
}

#[tokio::test]
async fn a_derivative_is_not_taken_for_another() {
    let (folder, library) = library();
    let one = library.add_bytes(jpeg(300, 200).into()).await.unwrap();
    let two = library.add_bytes(png(64, 64).into()).await.unwrap();
    let made = library.derivative(&one.id, &SPEC).await.unwrap();
    let path = |id: &MediaId| folder.path().join(id.as_str()).join(SPEC.hash());
    fs::copy(path(&one.id), path(&two.id)).unwrap();
    let (_, info) = library.derivative(&two.id, &SPEC).await.unwrap();
    assert_ne!(info, made.1);
}

#[tokio::test]
async fn removing_takes_the_derivatives_too() {
    let (folder, library) = library();
    let added = library.add_bytes(jpeg(300, 200).into()).await.unwrap();
    library.thumbnail(&added.id).await.unwrap();
    library.remove(&added.id).await.unwrap();
    library.remove(&added.id).await.expect("a second removal is no error");
    for error in [
        library.read(&added.id).await.unwrap_err(),
        library.thumbnail(&added.id).await.unwrap_err(),
        library.describe(&added.id).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "media_not_found");
    }
    assert_eq!(files(folder.path()).len(), 1, "only the key check is left");
}

#[tokio::test]
async fn leftovers_of_a_kill_are_swept() {
    let (folder, library) = library();
    drop(library);
    let leftover = folder.path().join("tmp").join("half-written");
    fs::write(&leftover, b"half").unwrap();
    Library::open(folder.path(), key()).unwrap();
    assert!(!leftover.exists());
}

#[tokio::test]
async fn bad_files_leave_no_trace() {
    let (folder, library) = library();
    let error = library.add_bytes(Bytes::from_static(b"Menu")).await;
    assert_eq!(error.unwrap_err().code(), "media_not_an_image");
    assert_eq!(files(folder.path()).len(), 1);
}

#[tokio::test]
async fn only_a_digest_is_an_id() {
    let (folder, library) = library();
    let outside = folder.path().join("tmp");
    for text in ["", ".", "tmp", "../../etc/passwd", &"A".repeat(64), &"a".repeat(63), &"é".repeat(32)] {
        let id = MediaId::from(text);
        let error = library.read(&id).await.unwrap_err();
        assert_eq!(error.code(), "media_not_found", "{text}");
        assert!(library.remove(&id).await.is_err(), "{text}");
    }
    assert!(outside.exists());
}
