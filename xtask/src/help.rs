//! What `cargo xtask` does, for people; checks compare documents with it.

pub(crate) const HELP: &str = "\
cargo xtask COMMAND

  start [--port N] [--reset] [--yes] [--as-seeds]
                                      install what is missing, build for release, serve
  dev [--port N] [--as-seeds]         the same set-up, then rebuild and reload on each change
  build [--dist]                      install the tools and build for release; --dist as the image does, slower to
                                      build and quicker to answer
  test [PATTERN]                      run all checks and tests, or only the tests that match
  migration NAME                      create an empty migration
  new page NAME [--member|--admin]    write a page of your own, from its table to its test
  generate                            regenerate .sqlx and docs/openapi.json
  first-page                          follow docs/your-first-page.md in a scratch copy
  first-field                         follow docs/adding-a-field.md in a scratch copy
  arrows                              check which crates depend on which, and files in circles
  deny                                check dependencies: licences, sources, doubles, advisories
  sbom                                list what is shipped, in CycloneDX's form (target/sbom.cdx.json)
  scorecard [FOLDER]                  count what of the architecture can be counted, here or in another tree
  coverage                            measure test coverage, as HTML in target/coverage
  schema [--cases N]                  test the API against its description, N cases per call
  prove [NAME…]                       check that each planted fault makes its test fail
  prove --changed [--base REV]        only faults in what changed since REV (main); --list only lists them
  faults [--short] [--help]           break what release servers stand on (Postgres, Valkey, mail, the servers) and
                                      count what people notice; planted faults are another thing (prove)
  stand                               try what measures and breaks release servers (bench/): two over one database
  abuse [--short] [--minutes N]       attack two release servers: guesses, floods, forged headers, strange input
  bench [--quick] [--server PATH]     measure a release server beside what bounds it, and write docs/performance.md
  same-site                           check that cargo-leptos builds the same site
  pg start|stop|url [CLUSTER]         this clone's own Postgres, main or test

start --reset deletes the data in this clone's own Postgres after asking; --yes skips the question.
--as-seeds accepts weak passwords, on loopback only, so that the samples of the five READMEs work as they are. Start
each with --reset, since several create the same account.";
