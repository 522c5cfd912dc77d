#!/bin/sh
# Makes every secret of compose.yaml in var/, once: what is there already stays. Keep a copy elsewhere (docs/deploy.md,
# "Backup and restore"). `sh secrets.sh`, or `sh secrets.sh FOLDER`.
set -eu
umask 077
folder=${1:-$(dirname "$0")/var}
mkdir -p "$folder"
cd "$folder"

# A failure leaves no half of a file behind.
make() {
    [ -e "$1" ] && return
    cat >"$1.new" && [ -s "$1.new" ] && mv "$1.new" "$1"
}

[ -e signing-key.pem ] || openssl genpkey -algorithm ed25519 | make signing-key.pem
[ -e encryption-key.pem ] || {
    echo "-----BEGIN ENCRYPTION KEY-----"
    openssl rand -base64 32
    echo "-----END ENCRYPTION KEY-----"
} | make encryption-key.pem

# Hexadecimal: nothing in an address has to be escaped.
for role in postgres owner app; do
    [ -e "$role-password" ] || openssl rand -hex 24 | make "$role-password"
done
[ -e migrate-database-url ] ||
    echo "postgres://doorstep_owner:$(cat owner-password)@database/doorstep" | make migrate-database-url
[ -e database-url ] || echo "postgres://doorstep:$(cat app-password)@database/doorstep" | make database-url

# An authority for this machine alone, which certifies the mail catcher and, until there is a real certificate, the proxy.
if [ ! -e authority.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj "/CN=Doorstep trial" \
        -keyout authority.key -out authority.new 2>/dev/null
    mv authority.new authority.pem
fi
certify() {
    [ -e "$1.pem" ] && return
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" \
        -keyout "$1.key" -out "$1.csr" 2>/dev/null
    printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA authority.pem -CAkey authority.key -CAcreateserial -days 397 \
        -extfile "$1.ext" -out "$1.new" 2>/dev/null
    rm "$1.csr" "$1.ext"
    mv "$1.new" "$1.pem"
}
certify mail mail
certify localhost localhost
[ -e tls.pem ] || cat localhost.pem localhost.key | make tls.pem
echo "smtp://mail:1025?tls=required" | make smtp-url
echo "Secrets are in $(pwd). Back up signing-key.pem and encryption-key.pem."
