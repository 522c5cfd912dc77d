//! The colours of the pages as mail clients read them. A test compares them with `style/tokens.css`.

/// By day, and by night.
pub(super) struct Colour {
    /// The name of its classes, which only serve the night.
    name: &'static str,
    day: &'static str,
    night: &'static str,
}

pub(super) const CANVAS: Colour = Colour { name: "canvas", day: "#f9f6f1", night: "#0c1118" };
pub(super) const SURFACE: Colour = Colour { name: "surface", day: "#fefdfb", night: "#141a23" };
pub(super) const LINE: Colour = Colour { name: "line", day: "#ddd9d0", night: "#2f3640" };
pub(super) const CONTROL: Colour = Colour { name: "control", day: "#8c8579", night: "#737b87" };
pub(super) const INK: Colour = Colour { name: "ink", day: "#1a2029", night: "#f3f0e9" };
pub(super) const MUTED: Colour = Colour { name: "muted", day: "#4c535e", night: "#bfbab0" };
pub(super) const ACCENT: Colour = Colour { name: "accent", day: "#095b41", night: "#f3c264" };
pub(super) const ACCENT_INK: Colour = Colour { name: "accent-ink", day: "#fdfcf8", night: "#241803" };
pub(super) const GAP: Colour = Colour { name: "gap", day: "#9acbb4", night: "#f3c264" };
pub(super) const LEAF: Colour = Colour { name: "leaf", day: "#095b41", night: "#173e30" };
pub(super) const STEP: Colour = Colour { name: "step", day: "#095b41", night: "#c59e4d" };

pub(super) const KNOB: Colour = Colour { name: "knob", day: "#fdfcf8", night: "#f3c264" };

const ALL: &[Colour] =
    &[CANVAS, SURFACE, LINE, CONTROL, INK, MUTED, ACCENT, ACCENT_INK, GAP, LEAF, STEP, KNOB];

/// What a colour is of.
#[derive(Clone, Copy)]
pub(super) enum Paint {
    Ground,
    Text,
    Edge,
}

impl Paint {
    const ALL: [Self; 3] = [Self::Ground, Self::Text, Self::Edge];

    fn names(self) -> [&'static str; 2] {
        match self {
            Self::Ground => ["ground", "background-color"],
            Self::Text => ["text", "color"],
            Self::Edge => ["edge", "border-color"],
        }
    }
}

/// The attributes of an element: its colours inline, since most clients read no style sheet, and classes for those
/// that know the night.
pub(super) fn look(paints: &[(Paint, Colour)], style: &str) -> String {
    look_of("", paints, style)
}

/// The same for an element that the style sheet names.
pub(super) fn look_of(name: &str, paints: &[(Paint, Colour)], style: &str) -> String {
    let (mut classes, mut colours) = (name.to_owned(), String::new());
    for (paint, colour) in paints {
        let [prefix, property] = paint.names();
        classes.extend([" ", prefix, "-", colour.name]);
        colours.extend([property, ":", colour.day, ";"]);
    }
    format!("class=\"{}\" style=\"{style};{colours}\"", classes.trim_start())
}

/// The rules of the night.
pub(super) fn night() -> String {
    let rules = ALL.iter().flat_map(|colour| {
        Paint::ALL.map(|paint| {
            let [prefix, property] = paint.names();
            format!(".{prefix}-{}{{{property}:{}!important}}\n", colour.name, colour.night)
        })
    });
    rules.collect()
}
