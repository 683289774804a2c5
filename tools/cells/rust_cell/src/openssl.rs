//! Digests by OpenSSL. Its C functions are few, and declaring them builds faster than a crate does.
use libc::{c_char, c_int, c_uint, c_void, size_t};
use std::ffi::CStr;
use std::ptr::null;

#[link(name = "crypto")]
extern "C" {
    fn OpenSSL_version(what: c_int) -> *const c_char;
    fn EVP_MD_fetch(
        library: *const c_void,
        name: *const u8,
        wanted: *const c_char,
    ) -> *const c_void;
    fn EVP_Digest(
        data: *const u8,
        count: size_t,
        digest: *mut u8,
        size: *mut c_uint,
        kind: *const c_void,
        engine: *const c_void,
    ) -> c_int;
    fn EVP_MD_CTX_new() -> *mut c_void;
    fn EVP_MD_CTX_free(context: *mut c_void);
    fn EVP_DigestInit_ex(context: *mut c_void, kind: *const c_void, engine: *const c_void)
        -> c_int;
    fn EVP_DigestUpdate(context: *mut c_void, data: *const u8, count: size_t) -> c_int;
    fn EVP_DigestFinal_ex(context: *mut c_void, digest: *mut u8, size: *mut c_uint) -> c_int;
}

pub fn version() -> String {
    // SAFETY: OpenSSL returns a static string.
    unsafe { CStr::from_ptr(OpenSSL_version(0)) }
        .to_string_lossy()
        .into_owned()
}

/// The fetched algorithm; OpenSSL allows its use by all threads.
#[derive(Clone, Copy)]
pub struct Sha256(*const c_void);
unsafe impl Send for Sha256 {}
unsafe impl Sync for Sha256 {}

impl Sha256 {
    pub fn new() -> Self {
        // SAFETY: the name ends with a 0.
        Sha256(unsafe { EVP_MD_fetch(null(), b"SHA256\0".as_ptr(), null()) })
    }

    pub fn digest(self, data: &[u8]) -> [u8; 32] {
        let mut digest = [0; 32];
        // SAFETY: the digest has room for 32 bytes.
        unsafe {
            let size = std::ptr::null_mut();
            EVP_Digest(
                data.as_ptr(),
                data.len(),
                digest.as_mut_ptr(),
                size,
                self.0,
                null(),
            );
        }
        digest
    }

    /// Returns the reference digest, by other functions than `digest`.
    pub fn digest_in_pieces(self, data: &[u8]) -> [u8; 32] {
        let mut digest = [0; 32];
        // SAFETY: the context lives until it is freed here.
        unsafe {
            let context = EVP_MD_CTX_new();
            EVP_DigestInit_ex(context, self.0, null());
            for piece in data.chunks(1000) {
                EVP_DigestUpdate(context, piece.as_ptr(), piece.len());
            }
            EVP_DigestFinal_ex(context, digest.as_mut_ptr(), std::ptr::null_mut());
            EVP_MD_CTX_free(context);
        }
        digest
    }
}
