import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import {
  App, AssetHashType, PYTHON_3_12, PYTHON_3_13, Stack, barrow, functionFolder, lambda, onlyAsset, runBarrow, synthesise, temporaryFolder, tree, useFixtures,
} from './support.mjs';

const { ARM_64, X86_64 } = lambda.Architecture;

function synthesiseFunction(outdir, entry, props = {}) {
  return synthesise(outdir, (stack) => new barrow.PythonFunction(stack, 'F', { entry, runtime: PYTHON_3_13, ...props }));
}

test('the asset of a function equals what barrow bundles', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const asset = onlyAsset(synthesiseFunction(path.join(folder, 'cdk.out'), entry, { architecture: ARM_64 }));
  runBarrow('bundle', entry, '-o', path.join(folder, 'expected'), '--runtime', 'python3.13', '--arch', 'arm64');
  assert.deepEqual(tree(asset.path), tree(path.join(folder, 'expected')));
  assert.ok(fs.existsSync(path.join(asset.path, 'barrow_hello')));
});

test('each architecture and runtime has a bundle of its own', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const { assets } = synthesise(path.join(folder, 'cdk.out'), (stack) => {
    new barrow.PythonFunction(stack, 'Arm', { entry, runtime: PYTHON_3_13, architecture: ARM_64 });
    new barrow.PythonFunction(stack, 'Intel', { entry, runtime: PYTHON_3_13, architecture: X86_64 });
    new barrow.PythonFunction(stack, 'Older', { entry, runtime: PYTHON_3_12, architecture: X86_64 });
  });
  const [arm, intel, older] = Object.values(assets);
  assert.equal(new Set([arm.hash, intel.hash, older.hash]).size, 3);
  const has = (asset, machine) => tree(asset.path).some((line) => line.includes(`${machine}-linux-gnu.so`));
  assert.ok(has(arm, 'aarch64') && !has(arm, 'x86_64'));
  assert.ok(has(intel, 'x86_64') && !has(intel, 'aarch64'));
});

test('a bare hook, too, has a bundle for each architecture', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const { assets } = synthesise(path.join(folder, 'cdk.out'), (stack) => {
    for (const architecture of [ARM_64, X86_64]) {
      const local = new barrow.BarrowBundling({ entry, runtime: PYTHON_3_13, architecture });
      const bundling = { image: PYTHON_3_13.bundlingImage, local };
      new lambda.Function(stack, architecture.name.replace('_', ''), {
        runtime: PYTHON_3_13, architecture, handler: 'index.handler',
        code: lambda.Code.fromAsset(entry, { assetHashType: AssetHashType.OUTPUT, bundling }),
      });
    }
  });
  const [arm, intel] = Object.values(assets);
  assert.ok(tree(arm.path).some((line) => line.includes('aarch64-linux-gnu.so')));
  assert.ok(tree(intel.path).some((line) => line.includes('x86_64-linux-gnu.so')));
});

test('Docker is tried only when asked for', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder, 'barrow-hello==99\n');
  const props = { entry, runtime: 'python3.13' };
  assert.throws(() => new barrow.BarrowBundling(props).tryBundle(path.join(folder, 'out')), /barrow-hello==99/);
  assert.equal(new barrow.BarrowBundling({ ...props, fallbackToDocker: true }).tryBundle(path.join(folder, 'out')), false);
});

test('a function without requirements is its source', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  fs.rmSync(path.join(entry, 'requirements.txt'));
  const asset = onlyAsset(synthesiseFunction(path.join(folder, 'cdk.out'), entry));
  assert.deepEqual(fs.readdirSync(asset.path), ['index.py']);
});

test('a layer has python/ at its root', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = path.join(folder, 'layer');
  fs.mkdirSync(entry);
  fs.writeFileSync(path.join(entry, 'requirements.txt'), 'barrow-greeting\n');
  fs.writeFileSync(path.join(entry, 'own.py'), '');
  const props = { entry, compatibleRuntimes: [PYTHON_3_12, PYTHON_3_13], compatibleArchitectures: [ARM_64] };
  const { assets, template } = synthesise(path.join(folder, 'cdk.out'), (stack) => {
    new barrow.PythonLayerVersion(stack, 'Folder', props);
    new barrow.PythonLayerVersion(stack, 'Zip', { ...props, bundling: { archive: true } });
  });
  const [asset, zip] = Object.values(assets);
  assert.deepEqual(fs.readdirSync(asset.path), ['python']);
  assert.ok(['barrow_greeting', 'own.py'].every((name) => fs.existsSync(path.join(asset.path, 'python', name))));
  const [layer] = Object.values(template.Resources);
  assert.deepEqual(layer.Properties.CompatibleRuntimes, ['python3.12', 'python3.13']);
  execFileSync('python3', ['-m', 'zipfile', '-e', zip.path, path.join(folder, 'unzipped')]);
  const contents = (top) => tree(top).map((line) => line.replace(/ \d+ /, ' '));
  assert.deepEqual(contents(path.join(folder, 'unzipped')), contents(asset.path));
});

test('`archive` gives one zip with what the folder would hold', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const asset = onlyAsset(synthesiseFunction(path.join(folder, 'cdk.out'), entry, { bundling: { archive: true } }));
  assert.match(asset.path, /\.zip$/);
  runBarrow('bundle', entry, '-o', path.join(folder, 'expected.zip'), '--runtime', 'python3.13', '--arch', 'x86_64');
  const staged = fs.readFileSync(asset.path);
  assert.ok(staged.equals(fs.readFileSync(path.join(folder, 'expected.zip'))));
});

test('the hash is the same in another folder and under another token, and changes with every input', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  let run = 0;
  const hashOf = (entry, props) =>
    onlyAsset(synthesiseFunction(path.join(folder, `out${(run += 1)}`), entry, props)).hash;
  const entry = functionFolder(folder);
  const base = hashOf(entry);
  assert.equal(hashOf(entry), base, 'a second synthesis');
  assert.equal(hashOf(functionFolder(path.join(folder, 'other checkout'))), base, 'another folder');
  process.env.BARROW_INDEX_CORP_TOKEN = 'rotated';
  assert.equal(hashOf(entry, { bundling: { environment: { TOKEN: 'secret' } } }), base, 'a rotated token');

  assert.notEqual(hashOf(entry, { architecture: ARM_64 }), base, 'architecture');
  assert.notEqual(hashOf(entry, { bundling: { assetExcludes: ['*.txt'] } }), base, 'excludes');
  assert.notEqual(hashOf(functionFolder(path.join(folder, 'b'), 'barrow-greeting\n')), base, 'requirements');
  const included = functionFolder(path.join(folder, 'c'), '-r base.in\n');
  fs.writeFileSync(path.join(included, 'base.in'), 'barrow-hello\n');
  const before = hashOf(included);
  fs.writeFileSync(path.join(included, 'base.in'), 'barrow-hello==1.0\n');
  assert.notEqual(hashOf(included), before, 'an included file');
  fs.appendFileSync(path.join(entry, 'index.py'), '# changed\n');
  assert.notEqual(hashOf(entry), base, 'source');
});

test('nothing that CDK hashes holds a path or a secret', (t) => {
  const folder = temporaryFolder(t);
  const url = 'https://u:secret@host/simple/';
  const hook = new barrow.BarrowBundling({
    entry: functionFolder(folder), runtime: 'python3.13', binary: '/somewhere/barrow', environment: { PIP_INDEX_URL: url },
    barrowArgs: ['--index-url', url, `--find-links=${folder}/wheels`, '-r', `${folder}/base.txt`],
  });
  const text = JSON.stringify({ local: hook });
  assert.ok(!text.includes(folder) && !text.includes('secret') && !text.includes('/somewhere'), text);
  assert.deepEqual(hook.identity.barrowArgs, [
    '--index-url', 'https://host/simple/', '--find-links=../wheels', '-r', '../base.txt',
  ]);
});

test('a failure fails the synthesis with the message of barrow, and the next synthesis works', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder, 'barrow-hello==99\n');
  const outdir = path.join(folder, 'cdk.out');
  assert.throws(() => synthesiseFunction(outdir, entry), (error) => {
    assert.match(error.message, /barrow-hello/);
    assert.match(error.message, /99/);
    return true;
  });
  fs.writeFileSync(path.join(entry, 'requirements.txt'), 'barrow-hello\n');
  assert.ok(fs.existsSync(path.join(onlyAsset(synthesiseFunction(outdir, entry)).path, 'barrow_hello')));
});

test('what a killed synthesis left behind does not reach the next one', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const reference = onlyAsset(synthesiseFunction(path.join(folder, 'reference'), entry));
  const outdir = path.join(folder, 'cdk.out');
  const building = path.join(outdir, `asset.${reference.hash}-building`);
  fs.mkdirSync(building, { recursive: true });
  fs.writeFileSync(path.join(building, 'half'), 'written');
  assert.deepEqual(tree(onlyAsset(synthesiseFunction(outdir, entry)).path), tree(reference.path));
});

test('a stack that is not selected is not bundled', (t) => {
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  process.env.BARROW_BIN = '/nonexistent/barrow';
  t.after(() => delete process.env.BARROW_BIN);
  const define = (stack) => {
    new barrow.PythonFunction(stack, 'F', { entry, runtime: PYTHON_3_13 });
    const bundling = { assetHashType: AssetHashType.OUTPUT };
    new barrow.PythonFunction(stack, 'G', { entry, runtime: PYTHON_3_13, bundling });
  };
  synthesise(path.join(folder, 'cdk.out'), define, { 'aws:cdk:bundling-stacks': [] });
  assert.ok(!fs.readdirSync(path.join(folder, 'cdk.out')).some((name) => name.startsWith('asset.')));
});

test('a second synthesis in the same cloud assembly does not bundle again', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const outdir = path.join(folder, 'cdk.out');
  const first = fs.statSync(onlyAsset(synthesiseFunction(outdir, entry)).path).ino;
  assert.equal(fs.statSync(onlyAsset(synthesiseFunction(outdir, entry)).path).ino, first);
});

test('options of a container are refused with the reason', (t) => {
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const attempt = (bundling) => () =>
    new barrow.PythonFunction(new Stack(new App({ outdir: path.join(folder, 'out') })), 'F', {
      entry, runtime: PYTHON_3_13, bundling,
    });
  assert.throws(attempt({ buildArgs: { PIP_INDEX_URL: 'x' } }), /`buildArgs` cannot be honoured: there is no image/);
  assert.throws(attempt({ command: ['true'] }), /`command` cannot be honoured/);
  assert.throws(attempt({ outputPathSuffix: '../out' }), /leads outside the asset/);
  assert.throws(attempt({ outputPathSuffix: 'lib', archive: true }), /`archive` gives one finished zip/);
});

test('wrong props are named', (t) => {
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const attempt = (props) => () =>
    new barrow.PythonFunction(new Stack(new App({ outdir: path.join(folder, 'out') })), 'F', {
      entry, runtime: PYTHON_3_13, ...props,
    });
  assert.throws(attempt({ index: 'main.js' }), /`main.js` is not a Python file/);
  assert.throws(attempt({ index: 'absent.py' }), /there is no index file/);
  assert.throws(attempt({ runtime: lambda.Runtime.NODEJS_18_X }), /not one of the Python family/);
});

test('the program is found by prop, BARROW_BIN and PATH, or its installation is explained', (t) => {
  const folder = temporaryFolder(t);
  const program = path.join(folder, 'barrow');
  fs.writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  const before = { ...process.env };
  t.after(() => Object.assign(process.env, before));
  delete process.env.BARROW_BIN;
  assert.equal(barrow.findBinary(program), program);
  process.env.PATH = folder;
  assert.equal(barrow.findBinary(), program);
  process.env.PATH = '/nonexistent';
  assert.throws(() => barrow.findBinary(), /npm brings it along unless optional dependencies are left out/);
  process.env.BARROW_BIN = program;
  assert.equal(barrow.findBinary(), program);
  process.env.BARROW_BIN = '/nonexistent/barrow';
  assert.throws(() => barrow.findBinary(), /BARROW_BIN names/);
});
