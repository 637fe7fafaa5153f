"""Keys, encryption and blind tokens: a copy of the database cannot be read.

Words: a *data key* opens one category of one dossier; a *wrap* is a key sealed to somebody's
public key; the *outer key* is the server's own layer over stored secrets; an *offered* wrap lies
under the outer key until the offer is accepted; a *token* lets a name be found without being
read. Verbs: `seal` and `open` a text, `unlock` an account, `offer` and `release` wraps,
`renew` a team's key, `keep` a draft. What was *sent* is marked, so that nothing is done twice.

The server holds no key that opens a name without a live session of somebody who may read it.
Algorithms: AES-256-GCM (NIST SP 800-38D), X25519 (RFC 7748) with HKDF-SHA256 (RFC 5869),
Argon2id (RFC 9106; 19 MiB, t=2, the OWASP minimum), HMAC-SHA256 (RFC 2104).
"""
