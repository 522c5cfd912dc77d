/// Scripts without comments and indentation, which only we read.
pub(crate) fn lean(scripts: &str) -> String {
    let lines = scripts.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}
