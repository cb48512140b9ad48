/** Codes of the engine: this network fetches photos itself, and this one is at no public address. */
export const ADDRESS_NEEDED = ['public_url_needed', 'photo_address_needed'];
