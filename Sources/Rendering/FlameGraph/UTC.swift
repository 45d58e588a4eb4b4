/// A time as people write it, to the minute: `2026-11-22 05:49 UTC`.
///
/// Days to a date by counting eras of 400 years, 146,097 days each, from a first of March (H. Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms").
func utcText(nanoseconds: Int64) -> String {
    let minutes = Int((Double(nanoseconds) / 60e9).rounded(.down))
    let (days, minute) = minutes.quotientAndRemainder(dividingBy: 1440)
    let sinceMarch0 = days + 719_468
    let era = sinceMarch0 / 146_097
    let dayOfEra = sinceMarch0 % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let year = era * 400 + yearOfEra + (month < 10 ? 0 : 1)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(year)-\(two(month < 10 ? month + 3 : month - 9))-\(two(day)) \(two(minute / 60)):\(two(minute % 60)) UTC"
}
