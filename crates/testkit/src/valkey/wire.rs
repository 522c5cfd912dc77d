//! One command and its answer, in the protocol that Redis has had from its beginning (RESP2).

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Also a number, and `OK`.
    Text(String),
    /// Several.
    List(Vec<Self>),
    /// There is none.
    Nil,
}

impl Reply {
    /// The text.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn into_text(self) -> String {
        let Self::Text(text) = self else { panic!("{self:?} is no text") };
        text
    }

    /// The texts of a list.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn into_texts(self) -> Vec<String> {
        let Self::List(list) = self else { panic!("{self:?} is no list") };
        list.into_iter().map(Self::into_text).collect()
    }
}

/// The answer, or the refusal.
pub(super) fn ask(port: u16, words: &[&str]) -> Result<Reply, String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    let mut command = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        write!(command, "${}\r\n{word}\r\n", word.len()).unwrap();
    }
    stream.write_all(&command).map_err(|error| error.to_string())?;
    read(&mut BufReader::new(stream))
}

fn read(stream: &mut impl BufRead) -> Result<Reply, String> {
    let mut line = String::new();
    stream.read_line(&mut line).map_err(|error| error.to_string())?;
    let line = line.trim_end();
    let (kind, rest) = line.split_at_checked(1).ok_or("it hung up")?;
    match kind {
        "+" | ":" => Ok(Reply::Text(rest.to_owned())),
        "$" | "*" if rest == "-1" => Ok(Reply::Nil),
        "$" => {
            let mut bytes = vec![0; rest.parse::<usize>().unwrap() + 2];
            stream.read_exact(&mut bytes).map_err(|error| error.to_string())?;
            bytes.truncate(bytes.len() - 2);
            Ok(Reply::Text(String::from_utf8_lossy(&bytes).into_owned()))
        }
        "*" => (0..rest.parse::<usize>().unwrap())
            .map(|_| read(stream))
            .collect::<Result<_, _>>()
            .map(Reply::List),
        _ => Err(rest.to_owned()),
    }
}
