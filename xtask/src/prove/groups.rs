//! Which faults are planted together.

use std::cmp::Reverse;

/// Two groups for each fault, and no two faults in the same two: what turns a test red shows in both of its groups, and
/// all others are green.
pub(super) fn twice(faults: &[usize], clash: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let faults = worst_first(faults, &clash);
    let mut count = 2;
    loop {
        if count * (count - 1) / 2 >= faults.len()
            && let Some(groups) = dealt(&faults, count, &clash)
        {
            return groups;
        }
        count += 1;
    }
}

/// Fills the smallest groups first; returns `None` if a fault clashes everywhere.
fn dealt(faults: &[usize], count: usize, clash: &impl Fn(usize, usize) -> bool) -> Option<Vec<Vec<usize>>> {
    let mut groups = vec![Vec::new(); count];
    let mut pairs: Vec<(usize, usize)> =
        (0..count).flat_map(|second| (0..second).map(move |first| (first, second))).collect();
    for &fault in faults {
        let welcome = |group: &Vec<usize>| !group.iter().any(|other| clash(fault, *other));
        let places = pairs.iter().enumerate();
        let open = places.filter(|(_, pair)| welcome(&groups[pair.0]) && welcome(&groups[pair.1]));
        let (at, _) = open.min_by_key(|(_, pair)| groups[pair.0].len() + groups[pair.1].len())?;
        let (first, second) = pairs.remove(at);
        groups[first].push(fault);
        groups[second].push(fault);
    }
    Some(groups)
}

/// One group for each fault, as few as are easily found.
pub(super) fn once(faults: &[usize], clash: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for fault in worst_first(faults, &clash) {
        match groups.iter_mut().find(|group| !group.iter().any(|other| clash(fault, *other))) {
            Some(group) => group.push(fault),
            None => groups.push(vec![fault]),
        }
    }
    groups
}

/// The faults with most clashes are placed first, while there is room.
fn worst_first(faults: &[usize], clash: &impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let clashes =
        |fault: usize| faults.iter().filter(|other| **other != fault && clash(fault, **other)).count();
    let mut counted: Vec<(usize, usize)> = faults.iter().map(|fault| (clashes(*fault), *fault)).collect();
    counted.sort_by_key(|(clashes, fault)| (Reverse(*clashes), *fault));
    counted.into_iter().map(|(_, fault)| fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn homes(groups: &[Vec<usize>], fault: usize) -> Vec<usize> {
        (0..groups.len()).filter(|group| groups[*group].contains(&fault)).collect()
    }

    #[test]
    fn no_two_faults_share_both_groups_and_none_meets_what_it_clashes_with() {
        let faults: Vec<usize> = (0..163).collect();
        let clash = |one: usize, other: usize| one / 4 == other / 4;
        let groups = twice(&faults, clash);
        assert!(groups.len() <= 22, "{}", groups.len());
        let homes: BTreeSet<Vec<usize>> = faults.iter().map(|fault| homes(&groups, *fault)).collect();
        assert_eq!(homes.len(), faults.len());
        assert!(homes.iter().all(|homes| homes.len() == 2));
        for group in &groups {
            assert!(group.len() <= 20);
            assert!(group.iter().all(|one| !group.iter().any(|other| one != other && clash(*one, *other))));
        }
    }

    #[test]
    fn faults_that_all_clash_have_their_groups_to_themselves() {
        let groups = twice(&[3, 4, 5], |_, _| true);
        assert!(groups.iter().all(|group| group.len() <= 1));
        assert_eq!(once(&[3, 4, 5], |_, _| true).len(), 3);
    }

    #[test]
    fn what_does_not_clash_is_planted_together() {
        let groups =
            once(&[1, 2, 3, 4, 5], |one, other| one % 2 == 1 && other == 4 || one == 4 && other % 2 == 1);
        assert_eq!(groups, [vec![4, 2], vec![1, 3, 5]]);
    }
}
