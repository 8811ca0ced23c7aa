// What a person dropped on a page: files, and folders with all that is in them.

/** What systems leave in folders is nobody's document. */
export const isNoise = (file: File): boolean => /^(\.|Thumbs\.db$|desktop\.ini$)/.test(file.name) || /(^|\/)(\.git|node_modules|__MACOSX)\//.test(file.webkitRelativePath);

/** Every file of what was dropped. One that cannot be read, because it went meanwhile, leaves the others alone. */
export async function filesOf(entries: (FileSystemEntry | null)[]): Promise<File[]> {
  const files: File[] = [];
  for (const entry of entries) {
    if (entry?.isFile) {
      const file = await new Promise<File | null>(found => (entry as FileSystemFileEntry).file(found, () => found(null)));
      if (file) {
        files.push(file);
      }
    } else if (entry?.isDirectory && !/^(\.|node_modules$|__MACOSX$)/.test(entry.name)) {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      // It gives a hundred at a time, and nothing at the end.
      for (let some = await read(reader); some.length > 0; some = await read(reader)) {
        files.push(...await filesOf(some));
      }
    }
  }

  return files;
}

const read = (reader: FileSystemDirectoryReader) => new Promise<FileSystemEntry[]>(found => reader.readEntries(found, () => found([])));
