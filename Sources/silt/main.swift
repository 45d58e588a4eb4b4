import ArgumentParser
print("silt")
