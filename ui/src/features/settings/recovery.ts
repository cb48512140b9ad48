/** Compares a recovery key that was typed from paper with the one of the screen. */

/** As the engine reads it: case, spaces and dashes do not count, O is 0, I and L are 1. */
const plain = (text: string): string =>
  text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');

/** Number of the first group of four that differs, from 1; null when all of it is right. */
export function firstWrongGroup(key: string, typed: string): number | null {
  const [right, given] = [plain(key), plain(typed)];
  if (right === given) return null;
  let same = 0;
  while (same < right.length && right[same] === given[same]) same += 1;
  return Math.min(Math.floor(same / 4), Math.ceil(right.length / 4) - 1) + 1;
}
