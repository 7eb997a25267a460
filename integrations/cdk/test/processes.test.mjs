// What is only seen from outside the process that synthesises: streams, kills, and an index that wants credentials.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { binary, fixtures, functionFolder, runBarrow, temporaryFolder, tree, useFixtures } from './support.mjs';

const app = fileURLToPath(new URL('app.mjs', import.meta.url));

/** Starts an app in a process group of its own, as a terminal does. */
function startApp(outdir, entry, environment = {}) {
  const child = spawn('node', [app, outdir, entry], {
    detached: true, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.seen = '';
  child.stderr.on('data', (text) => (child.seen += text));
  child.result = once(child, 'close').then(([status]) => status);
  return child;
}

/** The fixture index over HTTP; `answer(request, response)` may take a request over by returning true. */
async function serveFixtures(t, answer) {
  const server = http.createServer((request, response) => {
    if (answer(request, response)) {
      return;
    }
    const file = path.join(fixtures, '..', decodeURIComponent(new URL(request.url, 'http://host').pathname));
    const page = file.endsWith('/') ? path.join(file, 'index.html') : file;
    if (!fs.existsSync(page)) {
      response.writeHead(404).end();
    } else {
      response.writeHead(200, { 'content-type': page.endsWith('.html') ? 'text/html' : 'application/octet-stream' });
      response.end(fs.readFileSync(page));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}/simple/`;
}

function assetOf(outdir) {
  const name = fs.readdirSync(outdir).find((entry) => /^asset\.[0-9a-f]{64}$/.test(entry));
  return path.join(outdir, name);
}

test('progress is seen while barrow runs', async (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const [gate, wrapper] = [path.join(folder, 'gate'), path.join(folder, 'barrow')];
  const wait = `echo working >&2; while [ ! -e '${gate}' ]; do sleep 0.05; done`;
  fs.writeFileSync(wrapper, `#!/bin/sh\n[ "$1" = serve ] && { ${wait}; }\nexec '${binary}' "$@"\n`, { mode: 0o755 });
  const child = startApp(path.join(folder, 'cdk.out'), functionFolder(folder), { BARROW_BIN: wrapper });
  while (!child.seen.includes('working')) {
    await once(child.stderr, 'data');
  }
  fs.writeFileSync(gate, '');
  assert.equal(await child.result, 0, child.seen);
  assert.match(child.seen, /Resolved 3 packages/);
});

test('a killed synthesis leaves nothing that breaks the next one', async (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const [entry, outdir] = [functionFolder(folder), path.join(folder, 'cdk.out')];
  let downloads = 0;
  let stalled;
  const downloading = new Promise((resolve) => (stalled = resolve));
  const url = await serveFixtures(t, (request) => {
    // The second of three wheels of the first synthesis never arrives.
    const isStalled = request.url.endsWith('.whl') && (downloads += 1) === 2;
    return isStalled && (stalled(), true);
  });
  const environment = { BARROW_INDEX_URL: url };
  const first = startApp(outdir, entry, environment);
  await downloading;
  process.kill(-first.pid, 'SIGKILL');
  await first.result;
  assert.ok(fs.readdirSync(outdir).some((name) => name.endsWith('-building')), 'killed while it was bundling');

  const second = startApp(outdir, entry, environment);
  assert.equal(await second.result, 0, second.seen);
  runBarrow('bundle', entry, '-o', path.join(folder, 'expected'), '--runtime', 'python3.13', '--arch', 'arm64');
  assert.deepEqual(tree(assetOf(outdir)), tree(path.join(folder, 'expected')));
  const left = fs.readdirSync(outdir).filter((name) => name.startsWith('.') || name.endsWith('-building'));
  assert.deepEqual(left, []);
});

test('a private index takes its credentials from netrc, and none of them reach the cloud assembly', async (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const [entry, netrc] = [functionFolder(folder), path.join(folder, 'netrc')];
  let password;
  let refused = 0;
  const url = await serveFixtures(t, (request, response) => {
    const wanted = `Basic ${Buffer.from(`reader:${password}`).toString('base64')}`;
    if (request.headers.authorization === wanted) {
      return false;
    }
    refused += 1;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end();
    return true;
  });
  const synthesiseWith = async (outdir, token) => {
    password = token;
    fs.writeFileSync(netrc, `machine 127.0.0.1 login reader password ${token}\n`, { mode: 0o600 });
    const child = startApp(outdir, entry, { BARROW_INDEX_URL: url, NETRC: netrc, BARROW_CACHE_DIR: temporaryFolder(t) });
    assert.equal(await child.result, 0, child.seen);
    assert.ok(!child.seen.includes(token), 'printed');
    for (const file of fs.readdirSync(outdir, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())) {
      const content = fs.readFileSync(path.join(file.parentPath ?? file.path, file.name), 'latin1');
      assert.ok(!content.includes(token) && !content.includes(Buffer.from(`reader:${token}`).toString('base64')), file.name);
    }
    return path.basename(assetOf(outdir));
  };
  const first = await synthesiseWith(path.join(folder, 'first'), 'sesame-4711');
  const second = await synthesiseWith(path.join(folder, 'second'), 'rotated-0815');
  assert.equal(first, second, 'the hash does not know the token');
  assert.equal(refused, 0, 'credentials go with the first request');

  password = 'another';
  const child = startApp(path.join(folder, 'third'), entry, { BARROW_INDEX_URL: url, NETRC: netrc, BARROW_CACHE_DIR: temporaryFolder(t) });
  assert.notEqual(await child.result, 0);
  assert.match(child.seen, /Failed to bundle asset[^]*401/);
});
