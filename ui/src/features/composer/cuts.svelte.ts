/**
 * Which side of a photo a network cuts off. The engine says that it does; where, follows from the
 * shape of the photo and of what the network takes.
 */
import { SvelteMap } from 'svelte/reactivity';

import { api, type Descriptor } from '$lib/api';

export type Side = 'top_bottom' | 'left_right';

interface Size {
  width: number;
  height: number;
}

type Ratios = Pick<Descriptor['limits']['image'], 'min_ratio' | 'max_ratio'>;

export function sideCut({ width, height }: Size, { min_ratio, max_ratio }: Ratios): Side | null {
  if (!(width > 0 && height > 0)) return null;
  const ratio = width / height;
  if (typeof min_ratio === 'number' && ratio < min_ratio) return 'top_bottom';
  if (typeof max_ratio === 'number' && ratio > max_ratio) return 'left_right';
  return null;
}

/** Sizes of photos by id, each asked for once. */
export class PhotoSizes {
  #known = new SvelteMap<string, Size>();
  #asked = new Set<string>();

  get(mediaId: string): Size | undefined {
    return this.#known.get(mediaId);
  }

  async ask(mediaId: string): Promise<void> {
    if (this.#asked.has(mediaId)) return;
    this.#asked.add(mediaId);
    try {
      const { width, height } = await api.media.get(mediaId);
      this.#known.set(mediaId, { width, height });
    } catch {
      // The engine's own warning stays; the next change asks again.
      this.#asked.delete(mediaId);
    }
  }
}
