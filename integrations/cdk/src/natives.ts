import * as fs from 'node:fs';
import * as path from 'node:path';

/** What native code must be for. */
export interface NativeTarget {
  /** The architecture, in barrow's words: `x86_64` or `arm64`. */
  readonly architecture: string;
  /** The runtime, such as `python3.13`. */
  readonly runtime: string;
}

/** `e_machine` of ELF files. Source: System V ABI, the supplements for x86-64 and for AArch64. */
const MACHINES: { [number: number]: string } = { 62: 'x86_64', 183: 'arm64' };

/** What Mach-O files begin with, in both byte orders, and universal ones. Source: `mach-o/loader.h`, `mach-o/fat.h`. */
const MACH_O = new Set(['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe']);

/**
 * Ends with the first native library below `content` that hooks put there and the target cannot load: what `pip install` on the
 * host brings is for the host. What lies in `bundled` alike was chosen by barrow.
 */
export function refuseForeignNatives(content: string, bundled: string, target: NativeTarget): void {
  for (const name of fs.readdirSync(content, { recursive: true }) as string[]) {
    const file = path.join(content, name);
    if (!/\.(?:so(?:\.[\d.]+)?|dylib|pyd)$/.test(name) || !fs.lstatSync(file).isFile() || isSame(file, path.join(bundled, name))) {
      continue;
    }
    const reason = foreignness(path.basename(name), headOf(file), target);
    if (reason) {
      throw new Error(
        `barrow: a command hook left \`${name}\`, which ${reason}; name its package in \`requirements\`, so that barrow chooses for the target`,
      );
    }
  }
}

function foreignness(name: string, head: Buffer, { architecture, runtime }: NativeTarget): string | undefined {
  const magic = head.toString('hex', 0, 4);
  if (MACH_O.has(magic) || head.toString('latin1', 0, 2) === 'MZ') {
    return MACH_O.has(magic) ? 'is for macOS' : 'is for Windows';
  }
  if (magic === '7f454c46' && head.length >= 20) {
    const machine = MACHINES[head.readUInt16LE(18)] ?? 'another architecture';
    if (machine !== architecture) {
      return `is for ${machine}, and the target is ${architecture}`;
    }
  }
  const python = /\.cpython-3(\d+)\D/.exec(name)?.[1];
  return python && runtime !== `python3.${python}` ? `is for Python 3.${python}, and the target is ${runtime}` : undefined;
}

function headOf(file: string): Buffer {
  const head = Buffer.alloc(20);
  const handle = fs.openSync(file, 'r');
  try {
    return head.subarray(0, fs.readSync(handle, head));
  } finally {
    fs.closeSync(handle);
  }
}

function isSame(file: string, other: string): boolean {
  return fs.existsSync(other) && fs.readFileSync(file).equals(fs.readFileSync(other));
}
