//! docs/make-it-yours.md, held against the code: what it names is there, and each thing stands in one place.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Everything between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if ["rs", "css", "svg", "js", "toml"]
            .iter()
            .any(|ending| path.extension().is_some_and(|own| own == *ending))
        {
            found.push(path);
        }
    }
}

#[test]
fn every_file_it_names_is_there() {
    let document = read("docs/make-it-yours.md");
    let files: Vec<_> = quoted(&document)
        .into_iter()
        .filter(|word| !word.contains(' ') && word.contains('/') && word.contains('.') && !word.contains(':'))
        .collect();
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        assert!(root().join(file).exists(), "{file}");
    }
}

#[test]
fn every_setting_it_names_is_a_setting() {
    let (document, example) = (read("docs/make-it-yours.md"), read(".env.example"));
    let settings: Vec<_> = quoted(&document)
        .into_iter()
        .filter(|word| {
            word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        })
        .collect();
    assert!(settings.len() > 4, "{settings:?}");
    for setting in settings {
        assert!(example.contains(&format!("#{setting}=")), "{setting}");
    }
}

/// Each row of the table "One place each" ends with a text that stands in the named file and nowhere else.
#[test]
fn each_thing_has_its_one_place() {
    let document = read("docs/make-it-yours.md");
    let mut files = Vec::new();
    for folder in ["app/src", "crates/domain/src", "locales", "server/src", "style"] {
        sources(&root().join(folder), &mut files);
    }
    let rows: Vec<_> =
        document.lines().filter(|line| line.starts_with("| ") && line.contains("` says `")).collect();
    assert!(rows.len() >= 6, "{rows:?}");
    for row in rows {
        let quotes = quoted(row);
        let [.., file, text] = quotes[..] else { panic!("{row}") };
        let places: Vec<_> = files
            .iter()
            .filter(|path| fs::read_to_string(path).is_ok_and(|code| code.contains(text)))
            .collect();
        let here = fs::canonicalize(root().join(file)).unwrap();
        assert!(
            places.len() == 1 && fs::canonicalize(places[0]).unwrap() == here,
            "{text} stands in {places:?}, not in {file} alone"
        );
    }
}

/// The one colour that stands outside the style sheet: browsers read it before any style.
#[test]
fn the_theme_is_the_canvas() {
    let tokens = read("style/tokens.css");
    let canvas = tokens.lines().find_map(|line| line.trim().strip_prefix("--canvas: light-dark(")).unwrap();
    assert_eq!(hexes(canvas), app::THEME);
}

/// Mail clients read no custom properties: every colour of a mail is one of the site's, by day or by night.
#[test]
fn mails_have_the_colours_of_the_pages() {
    let tokens = read("style/tokens.css");
    let lines = tokens.lines().filter(|line| line.contains("light-dark(oklch("));
    let site: Vec<[String; 2]> = lines.map(|line| hexes(line).try_into().unwrap()).collect();
    let code = read("crates/accounts/src/mail/letter/colours.rs");
    let quotes = |line: &str| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mails: Vec<_> = code.lines().filter(|line| line.contains("day: \"#")).map(quotes).collect();
    assert!(mails.len() >= 10, "{mails:?}");
    for mail in mails {
        for (time, colour) in mail[1..].iter().enumerate() {
            assert!(
                site.iter().any(|pair| pair[time] == *colour),
                "{mail:?}: {colour} is no colour of the site"
            );
        }
    }
}

/// The OKLCH colours of a line as hex; one with a transparency counts without it.
fn hexes(line: &str) -> Vec<String> {
    let colours = line.split("oklch(").skip(1).map(|text| {
        let parts: Vec<f64> = text
            .split([')', '/'])
            .next()
            .unwrap()
            .split_whitespace()
            .map(|part| part.parse().unwrap())
            .collect();
        hex(parts[0], parts[1], parts[2])
    });
    colours.collect()
}

/// Björn Ottosson's OKLCH in sRGB, as browsers draw it.
#[expect(clippy::many_single_char_names, reason = "as the colour spaces call them")]
fn hex(lightness: f64, chroma: f64, hue: f64) -> String {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
    ];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what a byte holds"
    )]
    let byte = |c: f64| (c.clamp(0.0, 1.0) * 255.0).round() as u8;
    let part = |c: f64| {
        let c = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
        format!("{:02x}", byte(c))
    };
    format!("#{}", linear.map(part).concat())
}

/// `npm run icons` draws them from the mark: a mark that was changed alone shows here.
#[test]
fn the_icons_show_the_mark() {
    let shapes = |svg: &str| -> Vec<String> {
        svg.split(" d=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let mark = shapes(&read("app/src/ui/mark.svg"));
    assert!(mark.len() > 2);
    for icon in ["public/favicon.svg", "public/favicon-dark.svg"] {
        assert_eq!(shapes(&read(icon)), mark, "{icon}: run `npm run icons` in end2end");
    }
    for (icon, width, height) in
        [("apple-touch-icon.png", 180, 180), ("icon-512.png", 512, 512), ("social.png", 1200, 630)]
    {
        let png = fs::read(root().join("public").join(icon)).unwrap();
        let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!((&png[1..4], size(16), size(20)), (&b"PNG"[..], width, height), "{icon}");
    }
    assert!(fs::read(root().join("public/favicon.ico")).unwrap().starts_with(&[0, 0, 1, 0, 1, 0, 32, 32]));
}
