use words::mail;

/// A mail as its parts, before any layout.
pub(super) struct Content<'a> {
    pub(super) subject: String,
    pub(super) heading: String,
    /// What stands under the heading, from the top down; the first is a paragraph.
    pub(super) blocks: Vec<Block<'a>>,
    /// Who sent it, and why.
    pub(super) reason: String,
}

pub(super) enum Block<'a> {
    Paragraph(String),
    /// Labels with their values.
    Facts(Vec<(&'static str, String)>),
    Code(&'a str),
    /// The one thing to do. A quiet one is for whoever is alarmed.
    Button {
        label: &'static str,
        link: &'a str,
        quiet: bool,
    },
    /// Another way.
    Link {
        label: &'static str,
        link: String,
    },
    /// The way to `SUPPORT_URL`.
    Help(&'static str),
}

/// Two sentences in one paragraph.
pub(super) fn joined<'a>(first: &str, second: &str) -> Block<'a> {
    Block::Paragraph([first, " ", second].concat())
}

/// A link's button, and the code for another device or a browser without scripts.
pub(super) fn two_ways<'a>(
    label: &'static str,
    quiet: bool,
    link: &'a str,
    code: &'a str,
    time: &str,
) -> [Block<'a>; 4] {
    let page = link.split('#').next().unwrap_or_default().to_owned();
    [
        Block::Button { label, link, quiet },
        Block::Link { label: mail::type_code(), link: page },
        Block::Code(code),
        Block::Paragraph(mail::works_once(time)),
    ]
}
