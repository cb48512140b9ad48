/**
 * Reads the server name a person types for Mastodon: a bare name, a full address or a whole handle.
 * Plain http is kept for this computer only (a practice or self-hosted double); elsewhere it becomes https.
 */
export function serverAddress(typed: string): string | null {
  let text = typed.trim();
  // A whole handle: @moulin@mastodon.social or moulin@mastodon.social.
  const handle = /^@?[^@\s/]+@([^@\s/]+)$/.exec(text);
  if (handle) text = handle[1] ?? '';
  if (text === '') return null;
  if (!/^[a-z]+:\/\//i.test(text)) text = `https://${text}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const loopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\./.test(url.hostname);
  if (url.protocol === 'http:' && !loopback) url.protocol = 'https:';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  if (!loopback && !url.hostname.includes('.')) return null;
  if (url.username !== '' || url.password !== '') return null;
  return url.origin;
}
