import MemoryModel
import Testing

@Suite struct `Bytes as text` {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "0.98 KiB"), (4096, "4.00 KiB"), (10 << 20, "10.0 MiB"),
        (200 << 20, "200 MiB"), (1023 << 20, "1.00 GiB"), (-4096, "-4.00 KiB"), (60 << 30, "60.0 GiB"),
    ])
    func `three significant digits and a binary unit`(bytes: Int, text: String) {
        #expect(ByteCount(bytes).text == text)
    }
}
