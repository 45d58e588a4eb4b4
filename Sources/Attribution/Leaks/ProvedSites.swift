package import MemoryModel

/// Finds for each proved leak the frame that a person would name for it.
package func sited(_ report: UnreachableReport) -> UnreachableReport {
    var report = report
    for index in report.groups.indices { report.groups[index].site = siteIndex(in: report.groups[index].frames) ?? 0 }
    return report
}
