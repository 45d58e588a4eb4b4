import CSystem
import Glibc

extension Clock {
    /// Processor time of this program: what its work costs, however long others keep it waiting.
    package static func processor() -> Int64 { csystem_clock(CLOCK_PROCESS_CPUTIME_ID) }
}
