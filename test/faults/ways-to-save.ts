/**
 * @file Ways to keep checkpoints in a folder: the project's own, and known-bad twins of it, one careless step each. What the
 * tests ask of the first they must find missing in the others.
 */
import { makeFolder } from '../../src/data/node/make-folder.ts';
import type { CheckpointStore } from '../../src/training/checkpoint-store.ts';
import { folderStore } from '../../src/training/node/checkpoint-folder.ts';
import type { DiskFileSystem } from '../simulated-disk.ts';

export const runFolder = '/runs/a';

export interface WayToSave {
  makeFolder(fileSystem: DiskFileSystem): Promise<void>;
  store(fileSystem: DiskFileSystem): CheckpointStore;
}

export const ours: WayToSave = {
  makeFolder: (fileSystem) => makeFolder(runFolder, undefined, fileSystem),
  store: (fileSystem) => folderStore(runFolder, { fileSystem }),
};

interface Care {
  readonly besideTheTarget: boolean;
  readonly syncsFile: boolean;
  readonly syncsFolder: boolean;
  readonly readsBack: boolean;
  readonly syncsFolderAbove: boolean;
}

/** Each save in one place, as the shortest program would do it that takes this care. */
function written(care: Care): WayToSave {
  const path = `${runFolder}/checkpoint-1.safetensors`;
  const temporary = `${runFolder}/.checkpoint-1.safetensors.1.0123456789ab.tmp`;
  const syncNames = async (folder: string, fileSystem: DiskFileSystem): Promise<void> => {
    const open = await fileSystem.open(folder, 'r');
    await open.sync();
    await open.close();
  };
  return {
    async makeFolder(fileSystem) {
      for (const [folder, above] of [
        ['/runs', '/'],
        [runFolder, '/runs'],
      ] as const) {
        await fileSystem.mkdir(folder);
        if (care.syncsFolderAbove) await syncNames(above, fileSystem);
      }
    },
    store: (fileSystem) => ({
      load: ours.store(fileSystem).load,
      async save(bytes) {
        const file = await fileSystem.open(care.besideTheTarget ? temporary : path, 'w');
        await file.write(bytes, 0, bytes.length, 0);
        if (care.syncsFile) await file.sync();
        await file.close();
        if (care.readsBack) {
          const found = await fileSystem.readFile(care.besideTheTarget ? temporary : path);
          if (Buffer.compare(found, bytes) !== 0) throw new Error('It differs.');
        }
        if (care.besideTheTarget) await fileSystem.rename(temporary, path);
        if (care.syncsFolder) await syncNames(runFolder, fileSystem);
      },
    }),
  };
}

const careful: Care = {
  besideTheTarget: true,
  syncsFile: true,
  syncsFolder: true,
  readsBack: true,
  syncsFolderAbove: true,
};

/** Takes every care: what is found in the twins is due to what they leave out. */
export const plain = written(careful);

export const twins = {
  'overwrites in place': written({ ...careful, besideTheTarget: false }),
  'does not sync the file': written({ ...careful, syncsFile: false }),
  'does not sync the folder': written({ ...careful, syncsFolder: false }),
  'does not sync the folder above': written({ ...careful, syncsFolderAbove: false }),
  'calls it saved before it is read back': written({ ...careful, readsBack: false }),
} as const;
