import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Gives `work` a folder of its own, which is gone afterwards as far as the modes that hooks gave to its files allow. */
export function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'barrow-')));
  try {
    return work(folder);
  } finally {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // What came of the work counts more than a folder that stays behind.
    }
  }
}
