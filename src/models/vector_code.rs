//! Loops compiled for the widest vectors that the CPU has.

use rten_simd::{Isa, SimdOp};

/// The result of `work`, whose loops the compiler makes vector code of. What `work` calls must be inlined into it.
///
/// No product is fused with an addition, so that every kind of CPU gives the same bits as long as sums run over a fixed
/// number of lanes.
#[inline]
pub(super) fn vectorised<T>(work: impl FnOnce() -> T) -> T {
    struct Work<F>(F);
    impl<T, F: FnOnce() -> T> SimdOp for Work<F> {
        type Output = T;

        #[inline(always)]
        fn eval<I: Isa>(self, _: I) -> T {
            (self.0)()
        }
    }
    Work(work).dispatch()
}
