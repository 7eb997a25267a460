// Props as people write them: which file counts, patterns, suffixes, own props, and injection.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { test } from 'node:test';
import { App, PYTHON_3_13 as runtime, Stack, barrow, functionFolder, lambda, onlyAsset, repository, synthesise, temporaryFolder, tree, useFixtures } from './support.mjs';

const { PropertyInjectors } = createRequire(import.meta.url)('aws-cdk-lib');

function assetOf(t, entry, bundling = {}) {
  const outdir = path.join(temporaryFolder(t), 'cdk.out');
  return onlyAsset(synthesise(outdir, (stack) => new barrow.PythonFunction(stack, 'F', { entry, runtime, bundling })));
}

/** A folder with these files and a handler. */
function folderOf(t, files) {
  const entry = path.join(temporaryFolder(t), 'function');
  for (const [name, content] of Object.entries({ 'index.py': '', ...files })) {
    fs.mkdirSync(path.dirname(path.join(entry, name)), { recursive: true });
    fs.writeFileSync(path.join(entry, name), content);
  }
  return entry;
}

const has = (asset, name) => fs.existsSync(path.join(asset.path, name));

/** What is printed on standard error while `action` runs. */
function printed(t, action) {
  const lines = [];
  t.mock.method(process.stderr, 'write', (text) => lines.push(text) > 0);
  action();
  t.mock.restoreAll();
  return lines.join('');
}

test('`assetExcludes` leave out what rsync leaves out', (t) => {
  useFixtures(t);
  const { files, cases } = JSON.parse(fs.readFileSync(path.join(repository, 'tests/integrations/asset_excludes.json'), 'utf8'));
  const entry = folderOf(t, { ...Object.fromEntries(files.map((file) => [file, ''])), 'requirements.txt': 'barrow-hello\n' });
  const { assets } = synthesise(path.join(temporaryFolder(t), 'cdk.out'), (stack) => cases.forEach(({ excludes }, number) => {
    // There is a requirement, because an asset without any file is an error.
    new barrow.PythonFunction(stack, `F${number}F`, { entry, runtime, bundling: { assetExcludes: excludes } });
  }));
  const byNumber = Object.fromEntries(Object.entries(assets).map(([id, asset]) => [/^F(\d+)F/.exec(id)[1], asset]));
  cases.forEach(({ excludes, left_out: expected }, number) => {
    const left = files.filter((file) => !has(byNumber[number], file)).sort();
    assert.deepEqual(left, [...expected].sort(), JSON.stringify(excludes));
  });
});

test('relative requirements start at the folder of the function', (t) => {
  useFixtures(t);
  const root = temporaryFolder(t);
  const project = (name) => `[project]\nname = "${name}"\nversion = "1"\n[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n`;
  const entry = path.join(root, 'functions/one');
  fs.mkdirSync(entry, { recursive: true });
  fs.writeFileSync(path.join(root, 'requirements.txt'), 'barrow-greeting\n');
  fs.writeFileSync(path.join(root, 'pyproject.toml'), project('stranger'));
  fs.writeFileSync(path.join(entry, 'index.py'), '');
  fs.writeFileSync(path.join(entry, 'requirements.txt'), '-r more/base.txt\n');
  fs.mkdirSync(path.join(entry, 'more'));
  fs.writeFileSync(path.join(entry, 'more/base.txt'), 'barrow-hello\n');
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(root);
  for (const bundling of [{}, { requirements: ['requirements.txt'] }, { requirements: [], barrowArgs: ['-r', 'requirements.txt'] }]) {
    const asset = assetOf(t, 'functions/one', bundling);
    assert.ok(has(asset, 'barrow_hello') && !has(asset, 'barrow_greeting/template.py'), JSON.stringify(bundling));
    assert.ok(!has(asset, 'stranger') && !fs.readdirSync(asset.path).some((name) => name.startsWith('stranger')));
  }
});

test('relative places in variables stay those of the app', (t) => {
  useFixtures(t);
  const root = temporaryFolder(t);
  const entry = functionFolder(root);
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(root);
  fs.cpSync(process.env.BARROW_INDEX_URL, path.join(root, 'simple'), { recursive: true });
  fs.cpSync(path.join(process.env.BARROW_INDEX_URL, '../wheels'), path.join(root, 'wheels'), { recursive: true });
  Object.assign(process.env, { BARROW_INDEX_URL: './simple', BARROW_CACHE_DIR: 'own cache' });
  assert.ok(has(assetOf(t, entry), 'barrow_hello'));
  assert.deepEqual(fs.readdirSync(root).sort(), ['function', 'own cache', 'simple', 'wheels']);
});

const TOOLS = '[tool.ruff]\nline-length = 100\n[tool.poetry]\nname = "x"\n';
const PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = [\n  "barrow-hello", # one\n]\n';

test('which file counts is as in the Docker-based module', (t) => {
  useFixtures(t);
  const cases = [
    [{ 'pyproject.toml': TOOLS }, false],
    [{ 'pyproject.toml': '[project]\nname = "x"\nversion = "1"\ndependencies = []\n[project.urls]\ndependencies = ["x"]\n' }, false],
    [{ Pipfile: '[packages]\nbarrow-hello = "*"\n' }, false],
    [{ 'requirements.txt': 'barrow-hello\n', 'pyproject.toml': '[project]\nname = "x"\nversion = "1"\ndependencies = ["nowhere"]\n' }, true],
    [{ 'requirements.txt': 'barrow-hello\n', 'uv.lock': 'not looked at', 'pylock.toml': 'not looked at' }, true],
    [{ 'pyproject.toml': PROJECT }, true],
  ];
  for (const [files, installs] of cases) {
    assert.equal(has(assetOf(t, folderOf(t, files)), 'barrow_hello'), installs, JSON.stringify(files));
  }
  const above = folderOf(t, {});
  fs.writeFileSync(path.join(above, '../requirements.txt'), 'barrow-hello\n');
  fs.writeFileSync(path.join(above, '../uv.lock'), 'not looked at');
  assert.ok(!has(assetOf(t, above), 'barrow_hello'), 'a file above the entry');
});

test('dependencies without a lock are installed with a word about it, or left out', (t) => {
  useFixtures(t);
  const entry = folderOf(t, { 'pyproject.toml': PROJECT });
  const said = printed(t, () => assert.ok(has(assetOf(t, entry), 'barrow_hello')));
  assert.match(said, /barrow: installing the dependencies of .*pyproject.toml, .*`bundling: \{ requirements: \[\] \}` leaves them out\n/);
  const nothing = printed(t, () => assert.ok(!has(assetOf(t, entry, { requirements: [] }), 'barrow_hello')));
  assert.ok(!nothing.includes('installing the dependencies'));
});

test('suffixes are read as people write them, with `archive`, too', (t) => {
  useFixtures(t);
  const entry = functionFolder(temporaryFolder(t));
  const plain = tree(assetOf(t, entry).path);
  const python = tree(assetOf(t, entry, { outputPathSuffix: 'python' }).path);
  for (const suffix of ['', '.', './', '/']) {
    assert.deepEqual(tree(assetOf(t, entry, { outputPathSuffix: suffix }).path), plain, suffix);
    assert.match(assetOf(t, entry, { outputPathSuffix: suffix, archive: true }).path, /\.zip$/);
  }
  for (const suffix of ['/python', 'python/', './python', 'x/../python', '//python']) {
    assert.deepEqual(tree(assetOf(t, entry, { outputPathSuffix: suffix }).path), python, suffix);
    assert.match(assetOf(t, entry, { outputPathSuffix: suffix, archive: true }).path, /\.zip$/);
  }
  for (const suffix of ['..', '../x', '/../x', 'python/../..']) {
    assert.throws(() => assetOf(t, entry, { outputPathSuffix: suffix }), /leads outside the asset/, suffix);
  }
});

test('empty container options are nothing', (t) => {
  useFixtures(t);
  const entry = functionFolder(temporaryFolder(t));
  const nothing = { buildArgs: {}, volumes: [], volumesFrom: [], command: [], entrypoint: [], workingDirectory: undefined };
  assert.ok(has(assetOf(t, entry, { ...nothing, network: 'host', user: 'root' }), 'barrow_hello'));
  assert.throws(() => assetOf(t, entry, { volumes: [{ hostPath: '/a', containerPath: '/b' }] }), /`volumes` cannot be honoured/);
});

test('own props reach barrow and the hash, and hold no secrets', (t) => {
  useFixtures(t);
  const entry = folderOf(t, {
    'pyproject.toml': `${PROJECT}[project.optional-dependencies]\nmore = ["barrow-greeting"]\n[dependency-groups]\nwork = ["barrow-greeting"]\n`,
    'other.txt': 'barrow-greeting\n',
    'index.py': 'def handler(event, context):\n    return 1\n',
  });
  const asset = (bundling) => assetOf(t, entry, bundling);
  const base = asset({});
  for (const bundling of [{ extras: ['more'] }, { groups: ['work'] }, { requirements: ['pyproject.toml', 'other.txt'] }]) {
    const other = asset(bundling);
    assert.ok(has(other, 'barrow_greeting'), JSON.stringify(bundling));
    assert.notEqual(other.hash, base.hash);
  }
  assert.notEqual(asset({ excludeRuntime: true }).hash, base.hash);
  assert.equal(asset({ check: true }).hash, base.hash);
  const report = path.join(temporaryFolder(t), 'report.html');
  assert.equal(asset({ report }).hash, base.hash);
  assert.match(fs.readFileSync(report, 'utf8'), /barrow-hello/);
  assert.equal(new Set([false, true, ['botocore=s3']].map((slim) => asset({ slim }).hash)).size, 3);
  assert.equal(asset({ slim: false }).hash, base.hash);
  const index = process.env.BARROW_INDEX_URL;
  delete process.env.BARROW_INDEX_URL;
  assert.ok(has(asset({ indexUrl: index }), 'barrow_hello'));
  const secret = 'https://reader:sesame@host/simple/';
  for (const bundling of [{ indexUrl: secret }, { extraIndexUrls: [secret] }]) {
    assert.throws(() => asset(bundling), (error) => /holds credentials/.test(error.message) && !error.message.includes('sesame'));
  }
});

test('`check` knows the handler and the layers, and what an earlier synthesis has made', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = folderOf(t, { 'app/index.py': 'import barrow_hello, gone\n\ndef handler(event, context):\n    return 1\n', 'requirements.txt': 'barrow-hello\n' });
  let outdir = path.join(folder, 'cdk.out');
  const make = (bundling, props = {}) => synthesise(outdir, (stack) => {
    const layers = props.layers?.(stack);
    new barrow.PythonFunction(stack, 'F', { entry, runtime, index: 'app/index.py', bundling, ...props, layers });
  });
  make({});
  assert.throws(() => make({ check: true }), /error\[BAR012\]: `gone` is imported/, 'of an asset that is there');
  assert.throws(() => make({ check: true }), /error\[BAR012\]/, 'again');
  outdir = path.join(folder, 'other');
  assert.throws(() => make({ check: true }), /error\[BAR012\]/, 'of a new asset');
  assert.throws(() => make({ check: true, barrowArgs: ['--exclude=index.py'] }), /BAR022|index\.py|handler/, 'without its handler');

  const layer = folderOf(t, { 'gone.py': '', 'requirements.txt': '' });
  const made = (stack) => [new barrow.PythonLayerVersion(stack, 'L', { entry: layer, compatibleRuntimes: [runtime], bundling: { check: true } })];
  make({ check: true }, { layers: made });
  fs.renameSync(path.join(layer, 'gone.py'), path.join(layer, 'other.py'));
  assert.throws(() => make({ check: true }, { layers: made }), /error\[BAR012\]/, 'a layer without the module');
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:layer:theirs:1';
  make({ check: true }, { layers: (stack) => [lambda.LayerVersion.fromLayerVersionArn(stack, 'L', arn)] });
});

test('hints name props and not flags', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const program = path.join(folder, 'barrow');
  const said = "error: no wheel\nhint: allow it with `--allow-build tiny`, or offer one with `--find-links`; `--slim` and `--report x.html`; `tiny` is not `--index-url https://host/`\n";
  fs.writeFileSync(program, `#!/bin/sh\ncat > "$BARROW_ERROR_FILE" <<'END'\n${said}END\nexit 1\n`, { mode: 0o755 });
  assert.throws(() => assetOf(t, functionFolder(folder), { binary: program }), (error) => {
    assert.ok(error.message.endsWith(
      "no wheel\nhint: allow it with `bundling: { allowBuild: ['tiny'] }`, or offer one with `bundling: { barrowArgs: ['--find-links'] }`; "
        + "`bundling: { slim: true }` and `bundling: { report: 'x.html' }`; "
        + "`tiny` is not `bundling: { indexUrl: 'https://host/' }`",
    ), error.message);
    return true;
  });
});

test('an index of `environment` is in the hash, its password is not', (t) => {
  useFixtures(t);
  const entry = functionFolder(temporaryFolder(t), '');
  delete process.env.BARROW_INDEX_URL;
  const hash = (url) => assetOf(t, entry, { environment: { PIP_INDEX_URL: url } }).hash;
  const base = hash('https://aws:one@host.invalid/simple/');
  assert.equal(hash('https://aws:two@host.invalid/simple/'), base);
  assert.notEqual(hash('https://aws:one@other.invalid/simple/'), base);
});

test('property injectors know the constructs by names of their own', { skip: !PropertyInjectors }, (t) => {
  useFixtures(t);
  const entry = functionFolder(temporaryFolder(t));
  const injector = (id, more) => ({ constructUniqueId: id, inject: (props) => ({ ...more, ...props }) });
  const app = new App({ outdir: path.join(temporaryFolder(t), 'out') });
  const stack = new Stack(app, 'Test');
  PropertyInjectors.of(app).add(
    injector(barrow.PythonFunction.PROPERTY_INJECTION_ID, { memorySize: 321, bundling: { assetExcludes: ['*.txt'] } }),
    injector(barrow.PythonLayerVersion.PROPERTY_INJECTION_ID, { description: 'injected' }),
  );
  new barrow.PythonFunction(stack, 'F', { entry, runtime });
  new barrow.PythonLayerVersion(stack, 'L', { entry, compatibleRuntimes: [runtime] });
  const { Resources: resources } = app.synth().getStackByName('Test').template;
  const ofType = (type) => Object.values(resources).find((resource) => resource.Type === type).Properties;
  assert.equal(ofType('AWS::Lambda::Function').MemorySize, 321);
  assert.equal(ofType('AWS::Lambda::LayerVersion').Description, 'injected');
  assert.equal(barrow.PythonFunction.PROPERTY_INJECTION_ID, 'barrow-cdk.PythonFunction');
});

test('a layer without runtimes is for the newest that this version of the CDK may not even name', (t) => {
  useFixtures(t);
  const entry = functionFolder(temporaryFolder(t));
  const { template } = synthesise(path.join(temporaryFolder(t), 'out'), (stack) => new barrow.PythonLayerVersion(stack, 'L', { entry }));
  assert.deepEqual(Object.values(template.Resources)[0].Properties.CompatibleRuntimes, ['python3.13']);
});
