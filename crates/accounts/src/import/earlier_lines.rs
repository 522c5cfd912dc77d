use super::Row;
use aws_lc_rs::digest::{SHA256, digest};
use domain::{FieldError, ImportReason, UserId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The addresses, usernames and ids of earlier lines, and on which lines they stand: half a digest of each, so that a
/// million of them take little memory.
#[derive(Default)]
pub(super) struct EarlierLines {
    emails: HashMap<[u8; 16], u64>,
    usernames: HashMap<[u8; 16], u64>,
    ids: HashMap<UserId, u64>,
}

impl EarlierLines {
    /// Notes a row, and removes its username or id if an earlier line has it. If an earlier line has its address,
    /// returns that line: the row makes no account.
    pub(super) fn check(&mut self, row: &mut Row, new_id: impl FnOnce(&Row) -> UserId) -> Option<u64> {
        let line = row.user.line.unsigned_abs();
        if let Some(first) = first(&mut self.emails, half(&row.user.email_canonical), line) {
            return Some(first);
        }
        let username = row.user.username_canonical.as_deref().map(half);
        if let Some(first) = username.and_then(|username| first(&mut self.usernames, username, line)) {
            row.leave_username(ImportReason::UsernameRepeated { line: first });
        }
        if row.id_given
            && let Some(first) = first(&mut self.ids, row.user.id, line)
        {
            let id = new_id(row);
            row.renew_id(id, ImportReason::IdRepeated { line: first });
        }
        None
    }
}

impl Row {
    pub(super) fn leave_username(&mut self, why: ImportReason) {
        (self.user.profile.username, self.user.username_canonical) = (None, None);
        self.left_out.push(FieldError::new("username", why));
    }

    pub(super) fn renew_id(&mut self, id: UserId, why: ImportReason) {
        self.user.id = id;
        self.left_out.push(FieldError::new("id", why));
    }
}

/// The earlier line with this key, if there is one.
fn first<K: std::hash::Hash + Eq>(lines: &mut HashMap<K, u64>, name: K, line: u64) -> Option<u64> {
    match lines.entry(name) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(place) => {
            place.insert(line);
            None
        }
    }
}

fn half(name: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest(&SHA256, name.as_bytes()).as_ref()[..16]);
    half
}
