// Command hooks run where a bundling container would run them, and reach nothing but their own copies.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import {
  PYTHON_3_13 as runtime, barrow, fixtures, functionFolder, onlyAsset, synthesise, temporaryFolder, tree, useFixtures, write,
} from './support.mjs';

/** Synthesises one function with hooks; `before` and `after` are lists of commands, or functions that give them. */
function synthesiseWithHooks(folder, entry, { before = [], after = [], ...props }, outdir = fs.mkdtempSync(`${folder}/cdk.out-`)) {
  const given = (commands) => (...folders) => (typeof commands === 'function' ? commands(...folders) : commands);
  const commandHooks = { beforeBundling: given(before), afterBundling: given(after) };
  const construct = props.layer ? barrow.PythonLayerVersion : barrow.PythonFunction;
  const rest = props.layer ? { compatibleRuntimes: [runtime] } : { runtime };
  return onlyAsset(synthesise(outdir, (stack) => {
    new construct(stack, 'F', { entry, ...rest, bundling: { commandHooks, ...props.bundling } });
  }));
}

function read(asset, file) {
  return fs.readFileSync(path.join(asset.path, file), 'utf8');
}

/** A function of a repository, with tests of its own, links and names of one file in two places. */
function repository(folder) {
  const root = path.join(folder, 'repository');
  const entry = functionFolder(root);
  fs.mkdirSync(path.join(entry, 'tests'));
  fs.writeFileSync(path.join(entry, 'tests/test_index.py'), 'def test():\n    pass\n');
  fs.writeFileSync(path.join(entry, 'data with spaces.txt'), 'data\n');
  fs.mkdirSync(path.join(entry, 'tools'));
  fs.writeFileSync(path.join(entry, 'tools/tool.sh'), 'echo tool\n', { mode: 0o755 });
  fs.linkSync(path.join(entry, 'index.py'), path.join(root, 'second_name.py'));
  fs.symlinkSync('tests/test_index.py', path.join(entry, 'relative'));
  fs.symlinkSync(path.join(entry, 'tests'), path.join(entry, 'absolute'));
  fs.writeFileSync(path.join(root, 'untracked.txt'), 'never committed\n');
  const git = (...words) => execFileSync('git', ['-C', root, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...words]);
  git('init', '--quiet');
  git('add', 'function/index.py');
  git('commit', '--quiet', '-m', 'first');
  fs.appendFileSync(path.join(entry, 'index.py'), '# not committed\n');
  return { root, entry };
}

// Nothing here may do harm even when the hooks ran in a wrong place: `inHarmlessPlaces` makes the folder of the process, the one
// before it and the home decoys of the test, which are compared as well. No path may become absolute by an empty variable.
const DESTRUCTIVE = [
  'rm -rf tests',
  'rm -rf ./*',
  'rm -rf "${PWD:?}"',
  'rm -rf /asset-input',
  'rm -rf /asset-input/* /asset-output/*',
  'rm -rf "${OLDPWD:?}"/*',
  'cd - && rm -rf *',
  'rm -rf absolute/ relative absolute/*',
  'for file in $(find . -type f); do echo broken >> "$file"; done',
  'for file in /asset-input/* /asset-output/*; do [ -f "$file" ] && echo broken > "$file"; done; true',
  'find . /asset-input /asset-output -type f -exec truncate -s 0 {} +',
  "find -L . /asset-input -type f -exec sh -c 'cat /dev/null > \"$1\"' _ {} \\;",
  'find . -name "*.py" -delete',
  'find . /asset-input -type f -exec sed -i s/1/2/ {} +',
  "find . -type f -exec sh -c 'printf X | dd of=\"$1\" bs=1 conv=notrunc 2>/dev/null' _ {} \\;",
  'chmod -R 000 tests index.py',
  'chmod -R 777 . && find . -type f -exec touch -d @0 {} +',
  'mv index.py gone.py && mv tests elsewhere',
  'ln -sf /nonexistent index.py && ln -f requirements.txt index.py',
  'echo broken > relative; echo broken > absolute/test_index.py',
  'git clean -ffdx .. ; git checkout -- . ; git reset --hard; git stash -u; true',
  'cp /dev/null index.py && cp /dev/null barrow_hello/__init__.py; true',
  'cd .. && rm -rf *',
  `python3 -c "import shutil; shutil.rmtree('.'); shutil.rmtree('/asset-input')"`,
  'exit 0',
  'exit 3',
  'kill -9 $$',
];

/** Makes every folder that a command could find without being told it one of the test; gives the folder with all of them. */
function inHarmlessPlaces(t, folder) {
  const places = path.join(folder, 'places');
  for (const name of ['app/here', 'before/it', 'home/user']) {
    fs.mkdirSync(path.join(places, name), { recursive: true });
    fs.writeFileSync(path.join(places, name, 'file.txt'), name);
  }
  const cwd = process.cwd();
  process.chdir(path.join(places, 'app/here'));
  t.after(() => process.chdir(cwd));
  Object.assign(process.env, {
    HOME: path.join(places, 'home/user'),
    OLDPWD: path.join(places, 'before/it'),
    XDG_STATE_HOME: path.join(folder, 'state'),
    GIT_CEILING_DIRECTORIES: folder,
  });
  return places;
}

/** What is at every path of a folder, with the times of its files. */
function everything(folder) {
  return fs.readdirSync(folder, { recursive: true }).sort().map((name) => {
    const stat = fs.lstatSync(path.join(folder, name));
    const content = stat.isFile() ? fs.readFileSync(path.join(folder, name), 'base64') : '';
    return `${name} ${stat.mode.toString(8)} ${stat.isDirectory() ? '' : stat.mtimeMs} ${content}`;
  });
}

for (const when of ['before', 'after']) {
  test(`no command ${when} the bundling reaches the source, the cache or another asset`, (t) => {
    useFixtures(t);
    const folder = temporaryFolder(t);
    const { root, entry } = repository(folder);
    const places = inHarmlessPlaces(t, folder);
    const reference = synthesiseWithHooks(folder, entry, {});
    const cached = path.join(process.env.BARROW_CACHE_DIR, 'installs-v2');
    const watched = () => [root, places, reference.path, cached, path.join(process.env.BARROW_CACHE_DIR, 'wheels-v1')]
      .filter((place) => fs.existsSync(place)).map(everything);
    const untouched = watched();
    assert.ok(untouched.every((files) => files.length > 0) && untouched.length >= 4);
    const where = synthesiseWithHooks(folder, entry, { before: ['echo "$PWD $OLDPWD" > /asset-output/where'], after: ['echo "$PWD $OLDPWD" >> where'] });
    for (const place of read(where, 'where').split(/\s+/).filter((word) => word)) {
      assert.match(place, /^\/.*\/barrow-\w{6}\/asset-(in|out)put$/, 'a harmless look before the harm');
    }
    let done = 0;
    for (const command of DESTRUCTIVE) {
      try {
        synthesiseWithHooks(folder, entry, { [when]: [command] });
        done += 1;
      } catch (error) {
        assert.match(error.message, /command hook|barrow failed|did not produce any output|left no output/, command);
      }
      assert.deepEqual(watched(), untouched, command);
    }
    // Before the bundling one more of them leaves nothing: a source in which a link leads nowhere is refused.
    const least = when === 'before' ? 9 : 10;
    assert.ok(done >= least, `${done} of the commands leave something to be an asset`);
    assert.deepEqual(tree(synthesiseWithHooks(folder, entry, {}).path), tree(reference.path));
  });
}

test('commands before start in a copy of the entry, commands after in the output', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const asset = synthesiseWithHooks(folder, entry, {
    before: ['printf generated > generated.txt', 'ls > /asset-output/before.txt', 'printf "barrow-greeting\\n" > requirements.txt'],
    after: ['ls > after.txt', 'rm requirements.txt'],
  });
  assert.equal(read(asset, 'generated.txt'), 'generated');
  assert.equal(read(asset, 'before.txt'), 'generated.txt\nindex.py\nrequirements.txt\n');
  assert.match(read(asset, 'after.txt'), /barrow_greeting\n/);
  assert.ok(!fs.existsSync(path.join(asset.path, 'requirements.txt')));
  assert.deepEqual(fs.readdirSync(entry), ['index.py', 'requirements.txt']);
});

test('the arguments are those of a container, and name the folders of this run in commands', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder, 'barrow-hello\n', 'a function');
  const seen = [];
  const asset = synthesiseWithHooks(folder, entry, {
    layer: true,
    after: (inputDir, outputDir) => {
      seen.push(inputDir, outputDir);
      return [
        `cp ${inputDir}/index.py ${outputDir}/copy.py`,
        'cp -t/asset-output/python "/asset-input/requirements.txt"',
        `echo 'x/asset-output /asset-outputs' > ${outputDir}/text`,
        `echo "$PWD" > ${outputDir}/pwd; find ${outputDir} -name index.py > found`,
        'mkdir /asset-output/bin; touch /asset-output/bin/beside',
      ];
    },
  });
  assert.deepEqual(seen, ['/asset-input', '/asset-output/python'], 'asked once');
  assert.deepEqual(fs.readdirSync(asset.path), ['bin', 'python']);
  assert.ok(fs.existsSync(path.join(asset.path, 'python/copy.py')));
  assert.equal(read(asset, 'python/text'), 'x/asset-output /asset-outputs\n');
  assert.equal(read(asset, 'python/found').trim(), `${read(asset, 'python/pwd').trim()}/index.py`);
});

test('variables, functions and options of one command hold for the next, and for barrow', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const index = process.env.BARROW_INDEX_URL;
  process.env.BARROW_INDEX_URL = '/nonexistent';
  const hooks = {
    before: [`export BARROW_INDEX_URL='${index}'`, 'export STAMP=one', 'shopt -s nullglob', 'say() { echo "said $1"; }', 'cd /'],
    after: ['export STAMP="$STAMP two"', 'mkdir -p inner && cd inner', 'echo "$STAMP" > stamp', '', 'say it > said', 'for x in *.none; do exit 1; done'],
  };
  const asset = synthesiseWithHooks(folder, entry, hooks);
  assert.equal(read(asset, 'inner/stamp'), 'one two\n');
  assert.equal(read(asset, 'inner/said'), 'said it\n');
  assert.ok(fs.existsSync(path.join(asset.path, 'barrow_hello')));
});

test('a command that fails ends the synthesis: with its commands, or with the message of barrow', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const outdir = path.join(folder, 'cdk.out');
  const failing = (hooks) => () => synthesiseWithHooks(folder, entry, hooks, outdir);
  assert.throws(failing({ before: ['true', 'exit 7'] }), /command hook failed \(exit status 7\): true && exit 7/);
  assert.throws(failing({ after: ['false'] }), /command hook failed \(exit status 1\): false/);
  assert.throws(failing({ before: ['exit 0'] }), /ended before anything was bundled: exit 0/);
  assert.throws(failing({ before: ['echo barrow-hello==99 > requirements.txt'] }), /barrow failed \(exit status 1\): [^]*barrow-hello==99/);
  assert.ok(fs.existsSync(path.join(synthesiseWithHooks(folder, entry, { after: ['true'] }, outdir).path, 'barrow_hello')));
});

test('a lock above the entry counts as barrow counts it: where the entry is a member, in the same repository', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const project = '[project]\nname = "api"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["barrow-hello"]\n';
  const root = write(path.join(folder, 'repository'), { 'services/api/pyproject.toml': project, 'services/api/index.py': '' });
  const lockOf = (member) => `version = 1\nrequires-python = ">=3.10"\n[[package]]\nname = "api"\nversion = "1"\nsource = { editable = "${member}" }\n`;
  const bundle = () => synthesiseWithHooks(folder, path.join(root, 'services/api'), { before: ['true'] });
  fs.mkdirSync(path.join(root, '.git'));
  // Of a repository around it, of others, and of tools that have no workspaces.
  write(folder, { 'uv.lock': lockOf('repository/services/api') });
  write(root, { 'uv.lock': lockOf('services/other'), 'poetry.lock': '', 'services/pylock.toml': '' });
  assert.ok(fs.existsSync(path.join(bundle().path, 'barrow_hello')));
  write(root, { 'uv.lock': lockOf('services/api') });
  assert.throws(bundle, /which is not below .*repository\/uv\.lock; give it a lock of its own/);
});

test("uv's settings above the entry count for the copy too, or end the synthesis", (t) => {
  useFixtures(t);
  delete process.env.BARROW_INDEX_URL;
  const folder = temporaryFolder(t);
  const entry = write(path.join(folder, 'repository/services/api'), { 'requirements.txt': 'barrow-hello\n', 'index.py': '' });
  const bundle = () => synthesiseWithHooks(folder, entry, { before: ['true'] });
  const index = `url = "${fixtures}"\ndefault = true\n`;
  write(folder, { 'repository/pyproject.toml': `[[tool.uv.index]]\n${index}` });
  assert.throws(bundle, /what that says to uv would not count: say it in a `uv.toml` beside that file/);
  write(folder, { 'repository/uv.toml': `[[index]]\n${index}`, 'repository/pyproject.toml': '[tool.uv]\npackage = false\n' });
  assert.ok(fs.existsSync(path.join(bundle().path, 'barrow_hello')));
});

/** A command that writes the head of an ELF library. Machine 62 is x86_64, 183 arm64 (System V ABI). */
const library = (name, machine) => `printf '\\177ELF\\002\\001\\001\\0\\0\\0\\0\\0\\0\\0\\0\\0\\003\\0\\${machine.toString(8)}\\0' > ${name}`;

test('native code that hooks leave and the target cannot load ends the synthesis with its name', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  const left = (...after) => () => synthesiseWithHooks(folder, entry, { after });
  assert.throws(left('mkdir lib', library('lib/x.so.1.2', 183)), /left `lib\/x.so.1.2`, which is for arm64, and the target is x86_64; .*`requirements`/);
  assert.throws(left(library('x.cpython-311-x86_64-linux-gnu.so', 62)), /is for Python 3.11, and the target is python3.13/);
  assert.throws(left("printf '\\317\\372\\355\\376' > x.so"), /`x.so`, which is for macOS/);
  assert.throws(left('printf MZ > x.pyd'), /`x.pyd`, which is for Windows/);
  assert.throws(left(library('"$(find . -name "*.so")"', 183)), /is for arm64/);
  left(library('x.so', 62), library('x.cpython-313-x86_64-linux-gnu.so', 62), 'echo text > linker.so', 'echo > tool-arm64', 'cp $(find . -name "*.so" -path "*/*/*") .')();
});

test('a bundle with hooks that change nothing is the bundle without them', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const { entry } = repository(folder);
  fs.writeFileSync(path.join(folder, 'repository/barrow.toml'), 'exclude = ["tests"]\n');
  const plain = synthesiseWithHooks(folder, entry, {});
  for (const hooks of [{ before: ['true'] }, { after: ['true'] }, { before: ['umask 077'], after: ['true'] }]) {
    assert.deepEqual(tree(synthesiseWithHooks(folder, entry, hooks).path), tree(plain.path));
  }
  assert.ok(!fs.existsSync(path.join(plain.path, 'tests')));
  assert.deepEqual(onlyFolders(plain.path), onlyFolders(synthesiseWithHooks(folder, entry, { after: ['true'] }).path));
});

/** Modes of the folders of an asset. */
function onlyFolders(root) {
  return fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name)).sort()
    .map((place) => `${path.relative(root, place)} ${(fs.statSync(place).mode & 0o777).toString(8)}`);
}
