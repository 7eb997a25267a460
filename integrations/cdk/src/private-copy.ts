import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Copies a folder so that nothing which is done to the copy can reach the original.
 *
 * Every file gets bytes of its own: no hard link, no shared block. Links that stay inside are made anew as relative ones; a link
 * that leads out, or nowhere, is left out, because a command could write through it. So are sockets, pipes and devices.
 *
 * @param skip a folder that is not copied even where it lies inside, such as the cloud assembly.
 */
export function copyPrivately(from: string, to: string, skip: string): void {
  const copy: Copy = { root: fs.realpathSync(from), skip: fs.realpathSync(skip) };
  copyFolder(copy, copy.root, to);
}

const BUFFER_BYTES = 1 << 20;

interface Copy {
  readonly root: string;
  readonly skip: string;
}

function copyFolder(copy: Copy, from: string, to: string): void {
  fs.mkdirSync(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isSymbolicLink()) {
      copyLink(copy, source, target);
    } else if (entry.isDirectory()) {
      if (source !== copy.skip) {
        copyFolder(copy, source, target);
      }
    } else if (entry.isFile()) {
      copyBytes(source, target);
      copyAttributes(source, target);
    }
  }
  copyAttributes(from, to);
}

/** Reads and writes, because a copy by the system may share its blocks with the original. */
function copyBytes(source: string, target: string): void {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  const [from, to] = [fs.openSync(source, 'r'), fs.openSync(target, 'wx')];
  try {
    for (let size = fs.readSync(from, buffer); size > 0; size = fs.readSync(from, buffer)) {
      fs.writeFileSync(to, buffer.subarray(0, size));
    }
  } finally {
    fs.closeSync(from);
    fs.closeSync(to);
  }
}

function copyLink(copy: Copy, link: string, target: string): void {
  const destination = realPlace(link);
  if (destination !== undefined && staysInside(copy.root, destination)) {
    fs.symlinkSync(path.relative(path.dirname(link), destination) || '.', target);
  }
}

/** Where a link ends; nothing for one that leads nowhere or into itself. */
function realPlace(link: string): string | undefined {
  try {
    return fs.realpathSync(link);
  } catch {
    return undefined;
  }
}

function staysInside(root: string, place: string): boolean {
  const relative = path.relative(root, place);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** Mode and times: `make` and the like compare them. The owner may always write, as in a folder of one's own. */
function copyAttributes(source: string, target: string): void {
  const { mode, atime, mtime } = fs.statSync(source);
  fs.chmodSync(target, (mode & 0o777) | 0o200);
  fs.utimesSync(target, atime, mtime);
}
