/** Starts a new draft with the content of a post. */
import { api, type Post } from '$lib/api';

export async function duplicatePost(post: Post): Promise<string> {
  const answer = await api.posts.publish({
    content: post.content,
    platforms: post.platforms,
    kind: post.kind,
    draft: true,
  });
  return answer.post_id;
}
