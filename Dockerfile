# The whole of it in one image: `docker compose up --build`, see README.md.

FROM node:22-bookworm-slim AS node

# The version of rust-toolchain.toml.
FROM rust:1.95.0-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /src
# Before the sources, whose changes would fetch these again.
COPY rust-toolchain.toml .
RUN rustup target add wasm32-unknown-unknown && rustup component add clippy rustfmt
COPY . .
# What is brought and what is compiled stays for the next build; the result must leave the cache to be copied on.
RUN --mount=type=cache,target=/root/.cache \
    --mount=type=cache,target=/root/.npm \
    --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask build --dist \
    && mkdir -p /app /empty \
    && cp -r target/dist/server target/dist/hash.txt target/site /app/

FROM debian:bookworm-slim AS run
WORKDIR /app
COPY --from=build /app /app
# Where a volume keeps the keys that development makes; all else is root's and is only read.
COPY --from=build --chown=10001:10001 /empty /app/var
USER 10001:10001
# The list of the files' names lies beside the server, so the server stays where it is.
ENV PATH=/app:$PATH LEPTOS_SITE_ROOT=/app/site LEPTOS_SITE_ADDR=0.0.0.0:8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["server", "healthcheck"]
CMD ["server"]
