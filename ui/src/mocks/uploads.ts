/** Photos of the mocked API: taken out of a form, kept in memory, given back. */
import type { Media } from '../lib/api/types';
import { json, refuse, type MockRequest, type MockResponse } from './answers.ts';
import type { World } from './data.ts';
import { newId } from './deliveries.ts';
import { PICTURES } from './pictures.ts';

export function mediaContent(world: World, id: string, verb: string | undefined): MockResponse {
  const stored = world.media.get(id);
  if (!stored) return refuse(404, 'not_found', 'Cette photo n’existe plus.');
  if (verb !== 'content') return json(stored.media);
  return {
    status: 200,
    contentType: stored.mime,
    body: PICTURES[id] ?? stored.bytes,
  };
}

export function addMedia(world: World, request: MockRequest): Media {
  const id = newId();
  const { name, mime, bytes } = uploaded(request);
  if (!mime.startsWith('image/')) {
    refuse(422, 'not_an_image', 'Ce fichier n’est pas une photo. Choisissez un JPEG ou un PNG.');
  }
  const media: Media = {
    id,
    mime,
    width: 1200,
    height: 900,
    size_bytes: bytes.length,
    name,
    alt_text: '',
    source_url: null,
    created_at: new Date().toISOString(),
  };
  world.media.set(id, { media, bytes, mime });
  return media;
}

/** Takes the one file out of a multipart body. */
function uploaded(request: MockRequest): { name: string; mime: string; bytes: Uint8Array } {
  const body =
    typeof request.body === 'string'
      ? new TextEncoder().encode(request.body)
      : (request.body ?? new Uint8Array());
  const text = new TextDecoder('latin1').decode(body);
  const boundary = /boundary=([^;]+)/.exec(request.contentType ?? '')?.[1];
  const start = text.indexOf('\r\n\r\n') + 4;
  const end = boundary ? text.indexOf(`\r\n--${boundary}`, start) : -1;
  const head = text.slice(0, start);
  return {
    name: /filename="([^"]*)"/.exec(head)?.[1] ?? 'photo.jpg',
    mime: /content-type: *([^\r\n]+)/i.exec(head)?.[1] ?? 'application/octet-stream',
    bytes: end > 0 ? body.slice(start, end) : body,
  };
}
