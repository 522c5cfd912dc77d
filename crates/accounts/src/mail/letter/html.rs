//! A mail as a document: tables and inline styles, for some mail clients draw like browsers of 2003. It fetches
//! nothing, so nobody learns when it is read.

use super::colours::{
    ACCENT, ACCENT_INK, CANVAS, CONTROL, Colour, GAP, INK, LEAF, LINE, MUTED, Paint, STEP, SURFACE, look,
    night,
};
use super::content::{Block, Content};
use super::{Sender, one_line};
use Paint::{Edge, Ground, Text};

const FONT: &str =
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif";
const MONO: &str =
    "font-family:ui-monospace,'SF Mono','Cascadia Mono',Menlo,Consolas,'Liberation Mono',monospace";

pub(super) fn of(content: &Content, sender: &Sender) -> String {
    let preheader = content.blocks.iter().find_map(|block| match block {
        Block::Paragraph(text) => Some(escaped(text)),
        _ => None,
    });
    let body = [
        head(&content.subject),
        format!("<body {}>\n", look(&[(Ground, CANVAS)], "margin:0;padding:0")),
        hidden(&preheader.unwrap_or_default()),
        format!("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" {}>\n", look(&[(Ground, CANVAS)], "width:100%")),
        "<tr><td align=\"center\" class=\"around\" style=\"padding:32px 16px;\">\n".to_owned(),
        // Outlook knows no max-width.
        "<!--[if mso]><table role=\"presentation\" width=\"544\" align=\"center\"><tr><td><![endif]-->\n".to_owned(),
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"width:100%;max-width:544px;text-align:left;\">\n".to_owned(),
        brand(sender),
        card(content, sender),
        foot(content, sender),
        "</table>\n<!--[if mso]></td></tr></table><![endif]-->\n</td></tr>\n</table>\n</body>\n</html>\n".to_owned(),
    ];
    body.concat()
}

/// The one place where a value becomes part of a document, in an element or between the quotes of an attribute.
fn escaped(value: &str) -> String {
    let mut safe = String::new();
    for c in one_line(value).chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            other => safe.push(other),
        }
    }
    safe
}

fn head(subject: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <meta name=\"format-detection\" content=\"telephone=no, date=no, address=no, email=no\">\n\
         <title>{}</title>\n<style>\n:root{{color-scheme:light dark;supported-color-schemes:light dark}}\n\
         @media (max-width:480px){{\n.around{{padding:16px 8px!important}}\n.inside{{padding:24px 16px!important}}\n\
         .heading{{font-size:24px!important;line-height:30px!important}}\n}}\n\
         @media (prefers-color-scheme:dark){{\n{}}}\n</style>\n</head>\n",
        words::language().code(),
        escaped(subject),
        night()
    )
}

/// What a list of mails shows beside the subject: the first sentence, and blanks after it.
fn hidden(preheader: &str) -> String {
    format!(
        "<div style=\"display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all;\">{preheader}{}</div>\n",
        "&#8199;&#847; ".repeat(40)
    )
}

/// The mark, drawn from cells: clients show no SVG, and many no images.
fn brand(sender: &Sender) -> String {
    let cell = |ground: Colour, width: u8, height: u8, style: &str, inside: &str| {
        format!(
            "<td width=\"{width}\" height=\"{height}\" {}>{inside}</td>",
            look(
                &[(Ground, ground)],
                &format!("width:{width}px;height:{height}px;padding:0;font-size:0;line-height:0;{style}")
            )
        )
    };
    let knob = format!(
        "<div {}></div>",
        look(&[(Ground, ACCENT_INK)], "width:3px;height:3px;border-radius:2px;margin-left:11px")
    );
    [
        "<tr><td style=\"padding:0 0 16px 0;\">\n<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>\n<td style=\"padding:0 12px 0 0;\">\n".to_owned(),
        "<table role=\"presentation\" aria-hidden=\"true\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>".to_owned(),
        "<td width=\"4\" style=\"width:4px;\"></td>".to_owned(),
        cell(LEAF, 16, 28, "border-radius:3px 2px 0 0", &knob),
        cell(GAP, 6, 28, "border-radius:0 3px 0 0", ""),
        "<td width=\"4\" style=\"width:4px;\"></td></tr><tr>".to_owned(),
        format!("<td colspan=\"4\" height=\"3\" {}></td>", look(&[(Ground, STEP)], "height:3px;font-size:0;line-height:0;border-radius:1px")),
        "</tr></table>\n</td>\n".to_owned(),
        format!("<td {}>{}</td>\n", look(&[(Text, INK)], &format!("{FONT};font-size:17px;line-height:26px;font-weight:600")), escaped(sender.app_name)),
        "</tr></table>\n</td></tr>\n".to_owned(),
    ]
    .concat()
}

fn card(content: &Content, sender: &Sender) -> String {
    let mut card = format!(
        "<tr><td {}>\n<h1 {}>{}</h1>\n",
        look(&[(Ground, SURFACE), (Edge, LINE)], "padding:32px;border-width:1px;border-style:solid;border-radius:8px").replacen("class=\"", "class=\"inside ", 1),
        look(&[(Text, INK)], &format!("margin:0 0 16px 0;{FONT};font-size:28px;line-height:34px;font-weight:650;letter-spacing:-0.01em;overflow-wrap:anywhere")).replacen("class=\"", "class=\"heading ", 1),
        escaped(&content.heading)
    );
    for block in &content.blocks {
        card += &match block {
            Block::Paragraph(text) => paragraph(&escaped(text)),
            Block::Facts(facts) => table(facts),
            Block::Code(code) => shown(code),
            Block::Button { label, link, quiet } => button(label, link, *quiet),
            Block::Link { label, link } => second_way(label, link),
            Block::Help(label) => second_way(label, sender.support_url.unwrap_or_default()),
        };
    }
    card + "</td></tr>\n"
}

fn paragraph(markup: &str) -> String {
    let style = format!("margin:0 0 16px 0;{FONT};font-size:17px;line-height:26px;overflow-wrap:anywhere");
    format!("<p {}>{markup}</p>\n", look(&[(Text, INK)], &style))
}

fn second_way(label: &str, link: &str) -> String {
    paragraph(&format!("{}:<br>{}", escaped(label), anchor(link, 15)))
}

/// The address itself: what is read is where it leads.
fn anchor(link: &str, size: u8) -> String {
    let style =
        format!("{FONT};font-size:{size}px;line-height:22px;word-break:break-all;text-decoration:underline");
    format!("<a href=\"{0}\" {1}>{0}</a>", escaped(link), look(&[(Text, ACCENT)], &style))
}

fn table(facts: &[(&'static str, String)]) -> String {
    let row = |(label, value): &(&'static str, String)| {
        let cell = |colour: Colour, style: &str| {
            look(
                &[(Text, colour)],
                &format!(
                    "padding:4px 16px 4px 0;{FONT};font-size:15px;line-height:22px;vertical-align:top;text-align:left;font-weight:400;{style}"
                ),
            )
        };
        format!(
            "<tr><th scope=\"row\" {}>{}</th><td {}>{}</td></tr>\n",
            cell(MUTED, "white-space:nowrap"),
            escaped(label),
            cell(INK, "overflow-wrap:anywhere;word-break:break-word"),
            escaped(value)
        )
    };
    format!(
        "<table cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 16px 0;\">\n{}</table>\n",
        facts.iter().map(row).collect::<String>()
    )
}

fn shown(code: &str) -> String {
    let style = format!(
        "margin:0 0 16px 0;padding:16px 8px;border-width:1px;border-style:solid;border-radius:8px;text-align:center;{MONO};font-size:24px;line-height:32px;font-weight:600;letter-spacing:2px"
    );
    format!("<div {}>{}</div>\n", look(&[(Ground, CANVAS), (Edge, LINE), (Text, INK)], &style), escaped(code))
}

/// The padding is the link's own, so that all of it can be pressed; the address stands below for whoever cannot press.
fn button(label: &str, link: &str, quiet: bool) -> String {
    let colours = if quiet { [SURFACE, CONTROL, INK] } else { [ACCENT, ACCENT, ACCENT_INK] };
    let [ground, edge, text] = colours;
    let style = format!(
        "display:inline-block;padding:10px 20px;border-width:1px;border-style:solid;border-radius:8px;{FONT};font-size:17px;line-height:24px;font-weight:600;text-decoration:none;text-align:center"
    );
    format!(
        "<p style=\"margin:24px 0 12px 0;\"><a href=\"{}\" {}>{}</a></p>\n<p style=\"margin:0 0 24px 0;\">{}</p>\n",
        escaped(link),
        look(&[(Ground, ground), (Edge, edge), (Text, text)], &style),
        escaped(label),
        anchor(link, 13)
    )
}

fn foot(content: &Content, sender: &Sender) -> String {
    let style = format!("padding:16px 0 0 0;{FONT};font-size:13px;line-height:20px;overflow-wrap:anywhere");
    let link = |label: &str, to: &str| {
        let look = look(&[(Text, MUTED)], "text-decoration:underline");
        format!("<a href=\"{}\" {look}>{}</a>", escaped(to), escaped(label))
    };
    let help =
        sender.support_url.map(|url| format!(" · {}", link(words::mail::help(), url))).unwrap_or_default();
    format!(
        "<tr><td {}>{}<br>{}{help}</td></tr>\n",
        look(&[(Text, MUTED)], &style),
        escaped(&content.reason),
        link(sender.base_url, sender.base_url)
    )
}
