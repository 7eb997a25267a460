// One process of barrow serves all functions of an app: nothing is ever older than its question, and nothing stays behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  PYTHON_3_13 as runtime, barrow, below, binary, functionFolder, onlyAsset, project, synthesise, temporaryFolder, useFixtures, write,
} from './support.mjs';

const app = fileURLToPath(new URL('app.mjs', import.meta.url));

/** Puts a program in the place of barrow that notes its process and its first word, does `more`, and is barrow then. */
function watched(folder, more = '') {
  const [program, log] = [path.join(folder, 'barrow'), path.join(folder, 'log')];
  fs.writeFileSync(program, `#!/bin/sh\necho "$$ $1" >> '${log}'\n${more}\nexec '${binary}' "$@"\n`, { mode: 0o755 });
  process.env.BARROW_BIN = program;
  fs.writeFileSync(log, '');
  return () => fs.readFileSync(log, 'utf8').trim().split('\n').filter((line) => line).map((line) => line.split(' '));
}

function assetsOf(folder, entries, props = () => ({})) {
  const outdir = fs.mkdtempSync(path.join(folder, 'cdk.out-'));
  return synthesise(outdir, (stack) => entries.forEach((entry, number) => {
    new barrow.PythonFunction(stack, `F${number}`, { entry, runtime, ...props(number) });
  })).assets;
}

const isRunning = (pid) => {
  try {
    // What has ended and was not waited for yet is no longer running.
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function gone(pid) {
  for (let tries = 0; tries < 400 && isRunning(pid); tries += 1) {
    await pause(25);
  }
  return !isRunning(pid);
}

test('twenty functions are one process, the second time too', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const runs = watched(folder);
  const entries = Array.from({ length: 20 }, (_, number) => functionFolder(folder, 'barrow-hello\n', `function${number}`));
  const first = assetsOf(folder, entries);
  assert.deepEqual(Object.keys(first).length, 20);
  assert.deepEqual(Object.values(assetsOf(folder, entries)).map(({ hash }) => hash), Object.values(first).map(({ hash }) => hash));
  assert.deepEqual(runs().map(([, word]) => word), ['serve']);
});

test('what changes between two constructs of one process is seen', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const runs = watched(folder);
  const entry = functionFolder(folder);
  const seen = new Map();
  const look = (what) => {
    const asset = onlyAsset({ assets: assetsOf(folder, [entry]) });
    assert.ok(!seen.has(asset.hash), what);
    seen.set(asset.hash, what);
    return asset;
  };
  look('at first');
  fs.appendFileSync(path.join(entry, 'index.py'), '# edited\n');
  assert.match(fs.readFileSync(path.join(look('an edit').path, 'index.py'), 'utf8'), /# edited/);
  fs.writeFileSync(path.join(entry, 'requirements.txt'), '../lib\n');
  write(folder, below('lib', project('lib')));
  look('requirements');
  fs.appendFileSync(path.join(folder, 'lib/src/lib/__init__.py'), '# edited\n');
  assert.match(fs.readFileSync(path.join(look('a folder that requirements lead to').path, 'lib/__init__.py'), 'utf8'), /# edited/);
  fs.writeFileSync(path.join(entry, 'barrow.toml'), 'slim = true\n');
  look('settings');
  process.env.BARROW_EXCLUDE_NEWER = '2030-01-01';
  look('a variable of the process');
  delete process.env.BARROW_EXCLUDE_NEWER;
  assert.deepEqual(runs().map(([, word]) => word), ['serve', 'serve'], 'one for each kind of surroundings');
});

test('functions with variables of their own get them', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const runs = watched(folder);
  const entry = functionFolder(folder);
  const index = process.env.BARROW_INDEX_URL;
  delete process.env.BARROW_INDEX_URL;
  const environments = [{ BARROW_INDEX_URL: index }, { BARROW_INDEX_URL: `${index}/` }, { BARROW_INDEX_URL: index, SECRET: 'x' }];
  const entries = environments.map((_, number) => functionFolder(folder, 'barrow-hello\n', `function${number}`));
  assetsOf(folder, entries, (number) => ({ bundling: { environment: environments[number] } }));
  assert.equal(runs().length, 3);
  assert.throws(() => assetsOf(folder, [entry], () => ({ bundling: { environment: { BARROW_INDEX_URL: '/nonexistent' } } })), /nonexistent/);
});

test('a server that was killed is replaced, and a failure is no reason for a new one', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const runs = watched(folder);
  const entry = functionFolder(folder);
  const { hash } = onlyAsset({ assets: assetsOf(folder, [entry]) });
  process.kill(Number(runs()[0][0]), 'SIGKILL');
  assert.equal(onlyAsset({ assets: assetsOf(folder, [entry]) }).hash, hash);
  assert.equal(runs().length, 2);
  assert.throws(() => assetsOf(folder, [functionFolder(folder, 'barrow-hello==99\n', 'other')]), /barrow failed \(exit status 1\): [^]*barrow-hello==99/);
  assert.equal(onlyAsset({ assets: assetsOf(folder, [entry]) }).hash, hash);
  assert.equal(runs().length, 2);
});

test('a program that does not serve is run for each function', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const runs = watched(folder, '[ "$1" = serve ] && exit 2');
  const entry = functionFolder(folder);
  const { path: asset } = onlyAsset({ assets: assetsOf(folder, [entry]) });
  assert.ok(fs.existsSync(path.join(asset, 'barrow_hello')));
  assert.deepEqual(runs().map(([, word]) => word), ['serve', 'fingerprint', 'bundle']);
  assetsOf(folder, [entry]);
  assert.deepEqual(runs().slice(3).map(([, word]) => word), ['fingerprint', 'bundle'], 'it is asked once');
});

for (const [how, signal] of [['ends', undefined], ['is killed', 'SIGKILL']]) {
  test(`no process stays behind when the app ${how}`, { skip: process.platform !== 'linux' }, async (t) => {
    useFixtures(t);
    const folder = temporaryFolder(t);
    const [gate, reached] = [path.join(folder, 'gate'), path.join(folder, 'reached')];
    // The app is held while its server is at work, and killed then; the server ends with its answer to nobody.
    const runs = watched(folder, signal ? `touch '${reached}'; while [ ! -e '${gate}' ]; do sleep 0.02; done` : '');
    const child = spawn('node', [app, path.join(folder, 'cdk.out'), functionFolder(folder)], { stdio: 'ignore' });
    const closed = once(child, 'close');
    if (signal) {
      while (!fs.existsSync(reached)) await pause(20);
      child.kill(signal);
      fs.writeFileSync(gate, '');
    }
    const [status] = await closed;
    assert.equal(status, signal ? null : 0);
    const pids = runs().map(([pid]) => pid);
    assert.equal(pids.length, 1);
    assert.ok(await gone(pids[0]), 'the server is still there');
  });
}
