/** Takes a post out of the bin and goes on writing it. */
import { api } from '$lib/api';
import { errorText } from '$lib/errors';
import { navigate } from '$lib/router.svelte';
import { toasts } from '$lib/toasts.svelte';

export async function restorePost(id: string): Promise<void> {
  try {
    await api.posts.restore(id);
    navigate(`/publications/${id}/modifier`);
  } catch (error) {
    toasts.error(errorText(error));
  }
}
