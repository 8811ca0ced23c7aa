// Which of the files that were dropped or pasted are images for a model.

/** The files, where all of them are images of an accepted type; null where they are something else, or nothing. */
export function imagesOf(files: ArrayLike<File> | null | undefined, accepted: string): File[] | null {
  const all = Array.from(files ?? []);
  const types = accepted.split(',');
  return all.length > 0 && all.every(file => types.includes(file.type)) ? all : null;
}

/** What an image is called: browsers name everything that is pasted image.png. */
export const nameOf = (file: File, pasted: string): string => file.name === '' || file.name === 'image.png' ? pasted : file.name;
