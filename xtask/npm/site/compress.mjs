// node compress.mjs FOLDER KEPT: each file of the folder compressed beside itself, by brotli and by gzip at their
// best. KEPT holds what was compressed before, by its content's hash, and nothing else after.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const [folder, kept] = process.argv.slice(2);
const ways = {
  br: text => promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }),
  gz: text => promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION }),
};

await mkdir(kept, { recursive: true });
const before = new Set(await readdir(kept));
const wanted = new Map();
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath ?? entry.path, entry.name));
await Promise.all(files.map(beside));
await Promise.all([...before].filter(name => !wanted.has(name)).map(name => rm(join(kept, name))));

async function beside(file) {
  const text = await readFile(file);
  const hash = createHash('sha256').update(text).digest('hex');
  for (const [ending, compress] of Object.entries(ways)) {
    const name = `${hash}.${ending}`;
    if (!wanted.has(name)) wanted.set(name, before.has(name) || keep(name, compress(text)));
    await wanted.get(name);
    await copyFile(join(kept, name), `${file}.${ending}`);
  }
}

/** Whole under its name, or not at all. */
async function keep(name, compressed) {
  const making = join(kept, `${name}.making`);
  await writeFile(making, await compressed);
  await rename(making, join(kept, name));
}
