#![expect(clippy::doc_markdown, reason = "`server --help` shows these words as they are, without Markdown")]

use clap::Args;

/// Every variable, as it is written. Nothing is judged here: see [`super::Config`].
#[derive(Default, Args)]
#[command(next_help_heading = "Settings (each also as a variable of the environment)")]
pub struct RawConfig {
    /// The Postgres database, postgres://user@host/name; SQLAlchemy's +asyncpg and +psycopg are understood
    #[arg(long, env, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// A file that contains DATABASE_URL
    #[arg(long, env, value_name = "PATH")]
    pub database_url_file: Option<String>,
    /// The same database for LISTEN, where a pooler that passes none on is in the way; or off [default: DATABASE_URL]
    #[arg(long, env, hide_env_values = true, value_name = "URL")]
    pub database_listen_url: Option<String>,
    /// A file that contains DATABASE_LISTEN_URL
    #[arg(long, env, value_name = "PATH")]
    pub database_listen_url_file: Option<String>,
    /// A streaming replica of it, for reads that may be a second old: admins' lists, figures, the audit trail, exports
    /// [default: DATABASE_URL]
    #[arg(long, env, hide_env_values = true, value_name = "URL")]
    pub database_read_url: Option<String>,
    /// A file that contains DATABASE_READ_URL
    #[arg(long, env, value_name = "PATH")]
    pub database_read_url_file: Option<String>,
    /// The same database as the role that migrates, used by `server migrate` alone; that of DATABASE_URL can then change no
    /// audit event [default: DATABASE_URL]
    #[arg(long, env, hide_env_values = true, value_name = "URL")]
    pub migrate_database_url: Option<String>,
    /// A file that contains MIGRATE_DATABASE_URL
    #[arg(long, env, value_name = "PATH")]
    pub migrate_database_url_file: Option<String>,
    /// The most database connections at once [default: 10]
    #[arg(long, env, value_name = "NUMBER")]
    pub database_max_connections: Option<String>,
    /// Redis or Valkey, redis://user:password@host/0, or rediss:// with TLS, or redis+cluster://host,host: all servers then
    /// count limits together [default: none]
    #[arg(long, env, hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<String>,
    /// A file that contains REDIS_URL
    #[arg(long, env, value_name = "PATH")]
    pub redis_url_file: Option<String>,
    /// The certificate of Redis' authority in PEM, instead of the public ones
    #[arg(long, env, value_name = "PATH")]
    pub redis_ca_file: Option<String>,
    /// development or production [default: production in a release build]
    #[arg(long, env, value_name = "NAME")]
    pub app_env: Option<String>,
    /// The name of your site, as pages show it [default: Doorstep]
    #[arg(long, env, value_name = "TEXT")]
    pub app_name: Option<String>,
    /// A logo for pages and mails in place of the mark: PNG or JPEG, at most 64 KiB [default: the mark]
    #[arg(long, env, value_name = "PATH")]
    pub app_logo_file: Option<String>,
    /// The address people type in their browser; required in production [default: http://localhost:PORT]
    #[arg(long, env, value_name = "URL")]
    pub base_url: Option<String>,
    /// Your product's front page, to which / leads [default: this site's own]
    #[arg(long, env, value_name = "URL")]
    pub home_url: Option<String>,
    /// Where people find help: a page, or mailto:you@example.com [default: no link]
    #[arg(long, env, value_name = "URL")]
    pub support_url: Option<String>,
    /// Your terms of service; linked below the sign-up button and on every page [default: no link]
    #[arg(long, env, value_name = "URL")]
    pub terms_url: Option<String>,
    /// Your privacy policy; linked as the terms are [default: no link]
    #[arg(long, env, value_name = "URL")]
    pub privacy_url: Option<String>,
    /// The address and port to listen on [default: 127.0.0.1:8000]
    #[arg(long, env, value_name = "ADDRESS:PORT")]
    pub leptos_site_addr: Option<String>,
    /// The folder of the built site [default: target/site]
    #[arg(long, env, value_name = "PATH")]
    pub leptos_site_root: Option<String>,
    /// Whether the names of the built files contain hashes: true or false [default: detected]
    #[arg(long, env, value_name = "BOOL")]
    pub leptos_hash_files: Option<String>,
    /// Who may sign up: open (anyone), verify (anyone who proves an email address first) or closed (by invitation)
    /// [default: open]
    #[arg(long, env, value_name = "NAME")]
    pub signup: Option<String>,
    /// What sign-up asks for beside the email address and the password: name, username, both with a comma, or none
    /// [default: name]
    #[arg(long, env, value_name = "LIST")]
    pub signup_fields: Option<String>,
    /// Whether members must prove their email address before anything else: true or false; needs mail
    /// [default: false]
    #[arg(long, env, value_name = "BOOL")]
    pub require_verified: Option<String>,
    /// Whose account must have a second factor before anything else: none, admins or all [default: none]
    #[arg(long, env, value_name = "NAME")]
    pub require_factor: Option<String>,
    /// More usernames that nobody may choose, separated by commas; admin, support and others always are
    #[arg(long, env, value_name = "LIST")]
    pub reserved_usernames: Option<String>,
    /// For how many days an account that its owner deletes can be restored, 0 to 365 [default: 14, with AS_SEEDS 0]
    #[arg(long, env, value_name = "DAYS")]
    pub deletion_grace_days: Option<String>,
    /// Minimum length of a new password, 8 to 128; NIST asks for 15 without a second factor [default: 8]
    #[arg(long, env, value_name = "NUMBER")]
    pub password_min_length: Option<String>,
    /// Minimum zxcvbn score of a new password, 0 to 4 [default: 3]
    #[arg(long, env, value_name = "NUMBER")]
    pub password_min_score: Option<String>,
    /// SHA-1 hashes of passwords that nobody may choose, in their order, one a line (HASH:COUNT) [default: none]
    #[arg(long, env, value_name = "PATH")]
    pub breached_passwords_file: Option<String>,
    /// Accept the weak sample passwords of the five READMEs; development on loopback only [default: false]
    #[arg(long, env, value_name = "BOOL")]
    pub as_seeds: Option<String>,
    /// Memory of a password hash in KiB, 19456 or more [default: 19456]
    #[arg(long, env, value_name = "KIB")]
    pub argon2_m_cost: Option<String>,
    /// Passes of a password hash, 2 or more [default: 2]
    #[arg(long, env, value_name = "NUMBER")]
    pub argon2_t_cost: Option<String>,
    /// Lanes of a password hash, 1 or more [default: 1]
    #[arg(long, env, value_name = "NUMBER")]
    pub argon2_p_cost: Option<String>,
    /// The mail server, smtps://user:password@host or smtp://host?tls=required; without it mail is off in production
    #[arg(long, env, hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// A file that contains SMTP_URL
    #[arg(long, env, value_name = "PATH")]
    pub smtp_url_file: Option<String>,
    /// The certificate of the mail server's authority in PEM, beside the public ones
    #[arg(long, env, value_name = "PATH")]
    pub smtp_ca_file: Option<String>,
    /// The address that mails come from; required with SMTP_URL
    #[arg(long, env, value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// The address that answers to mails go to [default: MAIL_FROM]
    #[arg(long, env, value_name = "ADDRESS")]
    pub mail_reply_to: Option<String>,
    /// How tokens are signed: EdDSA (SIGNING_KEY_FILE) or HS256 (SECRET_KEY) [default: EdDSA]
    #[arg(long, env, value_name = "NAME")]
    pub algorithm: Option<String>,
    /// An Ed25519 key in PEM; required in production [default: var/signing-key.pem, made when missing]
    #[arg(long, env, value_name = "PATH")]
    pub signing_key_file: Option<String>,
    /// The secret of HS256, 32 random characters or more
    #[arg(long, env, hide_env_values = true, value_name = "TEXT")]
    pub secret_key: Option<String>,
    /// A file that contains SECRET_KEY
    #[arg(long, env, value_name = "PATH")]
    pub secret_key_file: Option<String>,
    /// A key in PEM that encrypts what waits to be mailed; required in production with mail
    /// [default: var/encryption-key.pem, made when missing]
    #[arg(long, env, value_name = "PATH")]
    pub encryption_key_file: Option<String>,
    /// Lifetime of an access token, 1 to 1440 minutes [default: 30]
    #[arg(long, env, value_name = "MINUTES")]
    pub access_token_expire_minutes: Option<String>,
    /// Lifetime of a refresh token, 1 to 30 days [default: 30]
    #[arg(long, env, value_name = "DAYS")]
    pub refresh_token_expire_days: Option<String>,
    /// Requests per minute for each signed-in session, or else each IP address, on each server or, with REDIS_URL, on all
    /// together; 0 for no limit [default: 60]
    #[arg(long, env, value_name = "NUMBER")]
    pub rate_limit_per_minute: Option<String>,
    /// Proxies whose X-Forwarded-For header is trusted: addresses and networks, separated by commas
    #[arg(long, env, value_name = "LIST")]
    pub trusted_proxies: Option<String>,
    /// Address where Prometheus finds /metrics; keep it from the public [default: none]
    #[arg(long, env, value_name = "ADDRESS")]
    pub metrics_addr: Option<String>,
    /// The OpenTelemetry collector that spans of requests are sent to, over OTLP/HTTP, by a build with the feature `otel`
    /// [default: none]
    #[arg(long, env, value_name = "URL")]
    pub otel_exporter_otlp_endpoint: Option<String>,
    /// Seconds a connection may stay idle between requests, 1 to 3600; set it higher than your proxy's [default: 75]
    #[arg(long, env, value_name = "SECONDS")]
    pub keep_alive_seconds: Option<String>,
    /// Seconds to keep serving after SIGTERM while /readyz answers 503, 0 to 300 [default: 5 in production, else 0]
    #[arg(long, env, value_name = "SECONDS")]
    pub shutdown_delay_seconds: Option<String>,
    /// Compatible paths beside /api/v1: all, none, or a list of cookie, oauth2, root [default: none in
    /// production, else all]
    #[arg(long, env, value_name = "LIST")]
    pub compat: Option<String>,
    /// Origins whose pages may call the API with bearer tokens, separated by commas [default: none]
    #[arg(long, env, value_name = "LIST")]
    pub cors_origins: Option<String>,
    /// Log format: json or text [default: json in production]
    #[arg(long, env, value_name = "NAME")]
    pub log_format: Option<String>,
    /// Log filter [default: info]
    #[arg(long, env, value_name = "FILTER")]
    pub rust_log: Option<String>,
}
