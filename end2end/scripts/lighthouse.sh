#!/bin/sh
# Lighthouse, mobile preset, on the sign-in page of a running server: `npm run lighthouse -- [URL]`.
# Not a dependency: it weighs 185 MB. 13.x wants Node 22.
set -eu
url="${1:-http://localhost:8000/login}"
export CHROME_PATH="${CHROME_PATH:-${CHROMIUM_PATH:-/usr/bin/chromium}}"
flags="--headless=new --disable-background-networking"
[ "$(id -u)" -ne 0 ] || flags="$flags --no-sandbox"
mkdir -p test-results
npx --yes lighthouse@12.8.2 "$url" --quiet --chrome-flags="$flags" \
  --only-categories=performance,accessibility,best-practices,seo \
  --output=json --output-path=test-results/lighthouse.json
node -e '
  const { categories, audits } = JSON.parse(require("node:fs").readFileSync("test-results/lighthouse.json", "utf8"));
  for (const { title, score } of Object.values(categories)) console.log(`${title}: ${Math.round(score * 100)}`);
  for (const id of ["first-contentful-paint", "largest-contentful-paint", "cumulative-layout-shift", "total-blocking-time"])
    console.log(`${audits[id].title}: ${audits[id].displayValue}`);
'
