//! Who comes in where others know the tokens: a wazo-auth service or an OpenID provider, beside the server's own tokens.

mod caller;
mod openid;
mod wazo_auth;
