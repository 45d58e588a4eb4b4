/// What the processes of a command may hold, as a budget file says it.
package struct Budget: Sendable {
    package init() {}
}
