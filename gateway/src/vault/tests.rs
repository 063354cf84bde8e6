//! What was sealed opens, what was changed doesn't, what was destroyed never does again.

use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;

const DAY: Date = Date::of_day_number(20_780);

fn entry() -> Entry {
    Entry {
        id: [1; 16],
        site: String::from("shop"),
        class: EntryClass::Consent,
        subject: Some([2; 16]),
        made: Timestamp(1_790_000_000),
        ends: Some(Timestamp(1_800_000_000)),
        contents: b"{\"act\":\"accept_all\"}".to_vec(),
    }
}

fn vault() -> (tempfile::TempDir, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::at(Folder::within(folder.path()));
    (folder, vault)
}

fn files(vault: &Vault) -> Vec<(Date, KeyId)> {
    vault.folder().keys().unwrap()
}

#[test]
fn what_was_sealed_opens_in_another_process_too() {
    let (folder, vault) = vault();
    let sealed = vault.seal(&entry(), DAY).unwrap();
    let find = |needle: &[u8]| sealed.body.windows(needle.len()).any(|window| window == needle);
    assert!(!find(b"accept_all"), "the contents are closed");
    let (opened, salt) = Vault::at(Folder::within(folder.path())).open(sealed.clone()).unwrap();
    assert_eq!((opened, leaf(&salt, &entry().contents)), (entry(), sealed.leaf));
    let again = vault.seal(&entry(), DAY).unwrap();
    assert!(again.leaf != sealed.leaf && again.body != sealed.body, "the same contents are never the same leaf");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&vault.folder().path), 0o700);
    for file in std::fs::read_dir(&vault.folder().path).unwrap().flatten() {
        assert_eq!(mode(&file.path()), 0o600, "{:?}", file.path());
    }
}

#[test]
fn nothing_of_an_entry_can_be_changed_or_exchanged() {
    let (_folder, vault) = vault();
    let sealed = vault.seal(&entry(), DAY).unwrap();
    let other = vault.seal(&Entry { id: [9; 16], ..entry() }, DAY).unwrap();
    let changed = [
        SealedEntry { id: [9; 16], ..sealed.clone() },
        SealedEntry { site: String::from("shops"), ..sealed.clone() },
        SealedEntry { class: EntryClass::Access, ..sealed.clone() },
        SealedEntry { subject: None, ..sealed.clone() },
        SealedEntry { made: Timestamp(1_790_000_001), ..sealed.clone() },
        SealedEntry { ends: None, ..sealed.clone() },
        SealedEntry { leaf: other.leaf, ..sealed.clone() },
        SealedEntry { wrapped: other.wrapped.clone(), ..sealed.clone() },
        SealedEntry { body: other.body.clone(), ..sealed.clone() },
    ];
    for changed in changed {
        assert!(matches!(vault.open(changed.clone()), Err(Error::Damaged)), "{changed:?}");
    }
    for cut in 0..sealed.body.len() {
        let body = sealed.body[..cut].to_vec();
        assert!(matches!(vault.open(SealedEntry { body, ..sealed.clone() }), Err(Error::Damaged)), "cut at {cut}");
    }
}

#[test]
fn a_destroyed_key_takes_its_entries_along_and_no_others() {
    let (folder, vault) = vault();
    let (gone, stays) = (vault.seal(&entry(), DAY).unwrap(), vault.seal(&entry(), DAY).unwrap());
    assert_eq!(gone.wrapped.by, stays.wrapped.by, "a day has one key");
    let elsewhere = Vault::at(Folder::within(folder.path()));
    elsewhere.open(gone.clone()).unwrap();
    vault.destroy(gone.wrapped.by).unwrap();
    vault.destroy(gone.wrapped.by).unwrap();
    assert!(matches!(vault.open(gone.clone()), Err(Error::Destroyed)));
    assert!(matches!(elsewhere.open(gone.clone()), Err(Error::Destroyed)), "a process that knew the key lets it go");
    assert_eq!(files(&vault), []);
    assert_ne!(vault.seal(&entry(), DAY).unwrap().wrapped.by, gone.wrapped.by, "the next entry has a key again");
}

#[test]
fn what_stays_is_wrapped_anew_before_its_key_goes() {
    let (_folder, vault) = vault();
    let old = vault.seal(&entry(), DAY).unwrap();
    let next = Date::of_day_number(DAY.day_number() + 1);
    let wrapped = vault.wrap_anew(&old.id, &old.wrapped, next).unwrap();
    assert_ne!(wrapped.by, old.wrapped.by, "another day has another key");
    vault.destroy(old.wrapped.by).unwrap();
    let moved = SealedEntry { wrapped, ..old.clone() };
    assert_eq!(vault.open(moved).unwrap().0, entry());
    assert!(matches!(vault.wrap_anew(&old.id, &old.wrapped, next), Err(Error::Destroyed)));
}

#[test]
fn a_backup_brings_back_what_was_destroyed_for_its_window_and_no_longer() {
    let (_folder, vault) = vault();
    let day = |after: i64| Date::of_day_number(DAY.day_number() + after);
    let sealed = vault.seal(&entry(), DAY).unwrap();
    vault.folder().back_up(DAY).unwrap();
    vault.destroy(sealed.wrapped.by).unwrap();
    for after in 1..=7 {
        vault.folder().back_up(day(after)).unwrap();
        assert!(vault.folder().backups().unwrap().contains(&DAY), "{after} days after");
    }
    assert_eq!(vault.folder().restore(DAY).unwrap(), 1);
    assert_eq!(vault.folder().restore(DAY).unwrap(), 0, "what lies there is left alone");
    assert_eq!(vault.open(sealed.clone()).unwrap().0, entry());
    vault.destroy(sealed.wrapped.by).unwrap();
    vault.folder().back_up(day(8)).unwrap();
    assert_eq!(vault.folder().backups().unwrap().first(), Some(&day(1)));
    for kept in vault.folder().backups().unwrap() {
        assert_eq!(vault.folder().restore(kept).unwrap(), 0);
    }
    assert!(matches!(vault.open(sealed), Err(Error::Destroyed)));
    let rights =
        std::fs::metadata(vault.folder().backup.join(format!("{}.keys", day(8)))).unwrap().permissions().mode();
    assert_eq!(rights & 0o777, 0o600);
}

#[test]
fn a_folder_that_can_not_be_had_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record-keys");
    std::fs::write(&file, "in the way").unwrap();
    let told = Vault::at(Folder::within(folder.path())).seal(&entry(), DAY).unwrap_err().to_string();
    assert!(told.contains(&file.display().to_string()), "{told}");
}

proptest! {
    #[test]
    fn any_contents_come_back(contents in proptest::collection::vec(any::<u8>(), 0..300), made in any::<i64>(), site in ".{0,20}") {
        let (_folder, vault) = vault();
        let entry = Entry { contents, made: Timestamp(made), site, ..entry() };
        let sealed = vault.seal(&entry, DAY).unwrap();
        prop_assert_eq!(vault.open(sealed).unwrap().0, entry);
    }
}
