"""What a segment says of its samples: a small reader of its own (shim/include/silt_segment.h), beside that of silt."""

import glob
import os
import struct

STACKS, SAMPLES, FRAMES, MODULES, TEXT = 16, 17, 18, 22, 24
LIVE = 1


class Samples:
    """The live samples of a process that waits: (asked for, stack), a stack being (module's file name, address) from the
    innermost frame on, and whether it was cut."""

    def __init__(self, folder, pid):
        (path,) = glob.glob(f"{glob.escape(folder)}/silt-{pid}-*")
        with open(path, "rb") as file:
            self.header = file.read(4096)
            self.sections = {}
            for kind in range(32):
                found, size, offset, _, count = struct.unpack_from("<IIQQQ", self.header, 512 + 32 * kind)
                file.seek(offset)
                self.sections[kind] = (size, file.read(size * count) if found else b"")
        self.mean, self.dropped, self.without_stack, self.unwinder = struct.unpack_from("<QQQI", self.header, 184)
        self.text = self.sections[TEXT][1]
        self.modules = [os.path.basename(self.text[path : path + count].decode())
                        for _, _, _, path, count, *_ in self.entries(MODULES, "<QQQII")]
        self.frames = [frame for (frame,) in self.entries(FRAMES, "<Q")]
        self.stacks = [self.stack(*entry) for entry in self.entries(STACKS, "<QHHI")]
        self.live = [self.sample(extent, stack & 0xFFFFF)
                     for place, extent, _, _, _, stack in self.entries(SAMPLES, "<QQIIII") if place >> 61 == LIVE]

    def entries(self, kind, fields):
        size, data = self.sections[kind]
        return (struct.unpack_from(fields, data, at) for at in range(0, len(data), max(size, 1)))

    def sample(self, extent, stack):
        return (extent & (1 << 48) - 1) - (extent >> 48), self.stacks[stack - 1] if stack else None

    def stack(self, first, native, python, flags):
        frames = self.frames[first : first + native]
        named = [(self.modules[(frame >> 48) - 1] if frame >> 48 else None, frame & (1 << 48) - 1) for frame in frames]
        return named, bool(flags & 1)

    def of(self, request):
        """The stacks of the live samples of so many bytes."""
        return [stack for asked, stack in self.live if asked == request]
