import MemoryModel

/// The fixed parts of the flame graph's page.
enum FlameGraphPage {
    static let page = HTMLPage(
        style: PackageResources.flamegraph_css, body: PackageResources.flamegraph_html,
        script: PackageResources.flamegraph_js, styleDigest: "LIgw9pvzLIRBxEkDZFip9UHDjkulkE7/OEocN632Hfo=",
        scriptDigest: "bILdoT3Wf7fLZ6iR2MBUt20DMsI3A0oFjGiXbkYGnjE=")

    /// In the order of the page.
    static let quantities: [Profile.Quantity] = [.space, .residentSpace, .retainedSpace, .pinnedSpace, .objects]
}
